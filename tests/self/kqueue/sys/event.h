/*
 * event.h - a stand-in for that of the BSDs, so that Linux can compile and run
 * lessons/13-epoll/kqueue.c (see tests/self/lessons.bats):
 *
 *     cc -I tests/self/kqueue lessons/13-epoll/kqueue.c
 *
 * It does what that program needs, by epoll(7), and no more: EVFILT_READ and
 * EVFILT_WRITE, each added once and deleted once.  It shows that the program is
 * right if kqueue(2) is what its manual page says.  It doesn't show that it is.
 */
#ifndef STAND_IN_FOR_EVENT_H
#define STAND_IN_FOR_EVENT_H

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

enum { EVFILT_READ = -1, EVFILT_WRITE = -2 };
enum { EV_ADD = 1, EV_DELETE = 2 };
enum { DESCRIPTORS = 1 << 20 };

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned fflags;
    intptr_t data;
    void *udata;
};

#define EV_SET(event, id, filt, flag, fflag, dat, user)                        \
    (*(event) = (struct kevent){(uintptr_t)(id), (filt), (flag), (fflag),      \
                                (dat), (user)})

/* What is in the list of each descriptor: EPOLLIN, EPOLLOUT. */
static uint32_t in_list[DESCRIPTORS];

static int kqueue(void)
{
    return epoll_create1(0);
}

/* Make one change.  Returns 0, or the error. */
static int change(int queue, const struct kevent *c)
{
    uint32_t bit = c->filter == EVFILT_READ ? EPOLLIN : EPOLLOUT;
    struct epoll_event event = {.data.fd = (int)c->ident};
    int op = EPOLL_CTL_MOD;

    /* Nobody tells us when a descriptor was closed.  Then epoll has forgotten it. */
    event.events = in_list[c->ident];
    if (epoll_ctl(queue, op, event.data.fd, &event) == -1)
        in_list[c->ident] = 0;
    if (in_list[c->ident] == 0)
        op = EPOLL_CTL_ADD;
    if (c->flags == EV_DELETE && !(in_list[c->ident] & bit))
        return ENOENT;
    in_list[c->ident] ^= c->flags == EV_ADD ? bit & ~in_list[c->ident] : bit;
    event.events = in_list[c->ident];
    if (event.events == 0)
        op = EPOLL_CTL_DEL;
    return epoll_ctl(queue, op, event.data.fd, &event) == -1 ? errno : 0;
}

/* Make the changes, all of them or up to one that fails.  Then wait for events. */
static int kevent(int queue, const struct kevent *changes, int count,
                  struct kevent *events, int most,
                  const struct timespec *timeout)
{
    struct epoll_event ready[64];
    int n = 0;

    for (int i = 0; i < count; i++)
        if ((errno = change(queue, &changes[i])) != 0)
            return -1;
    if (most == 0)
        return 0;
    int waited = epoll_wait(
        queue, ready, most < 64 ? (most + 1) / 2 : 32,
        timeout ? (int)(timeout->tv_sec * 1000 + timeout->tv_nsec / 1000000)
                : -1);
    for (int i = 0; i < waited; i++) {
        uint32_t filters = in_list[ready[i].data.fd];
        if (filters & EPOLLIN && ready[i].events & ~(uint32_t)EPOLLOUT)
            EV_SET(&events[n++], ready[i].data.fd, EVFILT_READ, 0, 0, 0, NULL);
        if (filters & EPOLLOUT && ready[i].events & ~(uint32_t)EPOLLIN)
            EV_SET(&events[n++], ready[i].data.fd, EVFILT_WRITE, 0, 0, 0, NULL);
    }
    return waited == -1 ? -1 : n;
}

#endif
