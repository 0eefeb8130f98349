/*
 * server.c of 13-epoll, in another style: eight threads wait for one list.  Each
 * descriptor is reported to one of them, once (EPOLLONESHOT), until that one has given
 * it a turn and asks again.  Linux only.
 */
#define _GNU_SOURCE /* accept4() */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { WORKERS = 8, TURNS = 16, PIECE = 60000 };

struct client {
    int fd;
    size_t start, end;
    char *rest; /* of a piece, from start to end; NULL if nothing waits */
};

static int epfd, listener, timer;
static struct client listener_tag, timer_tag; /* what epoll knows them by */
static atomic_bool resting; /* nobody asks about the listener */

static void die(const char *call)
{
    fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int ask(int op, int fd, struct client *tag, uint32_t events)
{
    struct epoll_event e = {events | EPOLLONESHOT, {.ptr = tag}};
    return epoll_ctl(epfd, op, fd, &e);
}

static void wake_listener(void)
{
    if (atomic_exchange(&resting, false))
        ask(EPOLL_CTL_MOD, listener, &listener_tag, EPOLLIN);
}

static void forget(struct client *c)
{
    close(c->fd);
    free(c->rest);
    free(c);
    wake_listener();
}

/* One recv() or one send().  Returns false at the client's end. */
static bool step(struct client *c, bool *again)
{
    char piece[PIECE];
    char *bytes = c->rest ? c->rest : piece;

    *again = true;
    if (!c->rest) {
        ssize_t got = recv(c->fd, piece, sizeof piece, 0);
        if (got == -1 && (errno == EAGAIN || errno == EINTR)) {
            *again = false;
            return true;
        }
        if (got <= 0)
            return false;
        c->start = 0;
        c->end = (size_t)got;
    }
    ssize_t put = send(c->fd, bytes + c->start, c->end - c->start, MSG_NOSIGNAL);
    if (put == -1 && errno != EAGAIN && errno != EINTR)
        return false;
    if (put > 0)
        c->start += (size_t)put;
    if (c->start == c->end) {
        free(c->rest);
        c->rest = NULL;
        return true;
    }
    *again = false;
    if (!c->rest) {
        c->end -= c->start;
        if (!(c->rest = malloc(c->end)))
            return false;
        memcpy(c->rest, bytes + c->start, c->end);
        c->start = 0;
    }
    return true;
}

static void serve(struct client *c)
{
    bool again = true;

    for (int i = 0; again && i < TURNS; i++)
        if (!step(c, &again)) {
            forget(c);
            return;
        }
    if (ask(EPOLL_CTL_MOD, c->fd, c, c->rest ? EPOLLOUT : EPOLLIN) == -1)
        forget(c);
}

static void welcome(void)
{
    for (int i = 0; i < 64; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd == -1 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            const struct itimerspec second = {.it_value.tv_sec = 1};
            perror("server: accept");
            atomic_store(&resting, true);
            timerfd_settime(timer, 0, &second, NULL);
            return;
        }
        if (fd == -1)
            break;
        struct client *c = calloc(1, sizeof *c);
        if (c)
            c->fd = fd;
        if (!c || ask(EPOLL_CTL_ADD, fd, c, EPOLLIN) == -1) {
            free(c);
            close(fd);
        }
    }
    ask(EPOLL_CTL_MOD, listener, &listener_tag, EPOLLIN);
}

static void *work(void *unused)
{
    struct epoll_event e;
    uint64_t ticks;

    for (;;) {
        if (epoll_wait(epfd, &e, 1, -1) < 1)
            continue; /* EINTR */
        if (e.data.ptr == &listener_tag)
            welcome();
        else if (e.data.ptr == &timer_tag) {
            if (read(timer, &ticks, sizeof ticks) > 0)
                wake_listener();
            ask(EPOLL_CTL_MOD, timer, &timer_tag, EPOLLIN);
        } else
            serve(e.data.ptr);
    }
    return unused;
}

static void bind_and_listen(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *ai, *a;
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &ai), on = 1;

    if (error) {
        fprintf(stderr, "server: %s: %s\n", host, gai_strerror(error));
        exit(1);
    }
    for (a = ai; a; a = a->ai_next) {
        listener = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (listener == -1 && !a->ai_next)
            die("socket");
        if (listener == -1)
            continue;
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(listener, a->ai_addr, a->ai_addrlen) == 0)
            break;
        if (!a->ai_next)
            die("bind");
        close(listener);
    }
    freeaddrinfo(ai);
    if (listen(listener, SOMAXCONN) == -1)
        die("listen");
}

static void say_where(void)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(listener, (struct sockaddr *)&at, &len) == -1 ||
        getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        die("getsockname");
    printf(at.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host, port);
    if (fflush(stdout))
        die("stdout");
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432";
    struct rlimit files;
    pthread_t worker;
    sigset_t ends;
    int which;

    if (argc > 3 || !*port || port[strspn(port, "0123456789")] || strtoul(port, NULL, 10) > 65535) {
        fprintf(stderr, "usage: server [HOST [PORT]]\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* the threads inherit it */
    bind_and_listen(host, port);
    epfd = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (epfd == -1 || timer == -1 || ask(EPOLL_CTL_ADD, listener, &listener_tag, EPOLLIN) == -1 ||
        ask(EPOLL_CTL_ADD, timer, &timer_tag, EPOLLIN) == -1)
        die("epoll_ctl");
    for (int i = 0; i < WORKERS; i++)
        if ((errno = pthread_create(&worker, NULL, work, NULL)))
            die("pthread_create");
    say_where();
    while (sigwait(&ends, &which) != 0)
        ;
    _exit(0);
}
