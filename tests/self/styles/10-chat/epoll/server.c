/*
 * epoll and signalfd; a line is stored once, however many clients wait for it, and
 * counts them; newcomers wait in a queue in the order of their deadlines.  Linux
 * only.
 */
#define _GNU_SOURCE /* accept4() */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct text {
    unsigned readers;
    size_t len;
    char bytes[];
};

struct wait {
    struct wait *next;
    struct text *text;
};

struct guest {
    struct guest *before, *after; /* in the lobby, in the room or among the gone */
    struct list *in;
    int fd, eof, want_out, broken;
    long long deadline;
    char name[21];
    char got[2048];
    size_t got_len;
    struct wait *head, **tail;
    size_t offset, queued;
};

struct list {
    struct guest *first, *last;
};

static struct list lobby, room, leaving; /* leaving: what waits is sent, then closed */
static struct list gone; /* they are closed at the end of a turn */
static int poller, listener, full;
static long long patience = 60000;

static void take_out(struct guest *g)
{
    struct list *l = g->in;

    if (!l)
        return;
    *(g->before ? &g->before->after : &l->first) = g->after;
    *(g->after ? &g->after->before : &l->last) = g->before;
    g->in = NULL;
}

static void move_to(struct guest *g, struct list *l)
{
    take_out(g);
    g->in = l;
    g->after = NULL;
    g->before = l->last;
    *(l->last ? &l->last->after : &l->first) = g;
    l->last = g;
}

static long long clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static struct text *new_text(const char *bytes, size_t len)
{
    struct text *t = malloc(sizeof *t + len);

    if (!t)
        err(1, "malloc");
    t->readers = 1;
    t->len = len;
    memcpy(t->bytes, bytes, len);
    return t;
}

static void release(struct text *t)
{
    if (--t->readers == 0)
        free(t);
}

static void watch_out(struct guest *g, int want)
{
    struct epoll_event e = {.events = (g->eof ? 0u : (unsigned)EPOLLIN) |
                                      (want ? (unsigned)EPOLLOUT : 0u),
                            .data.ptr = g};

    g->want_out = want;
    if (epoll_ctl(poller, EPOLL_CTL_MOD, g->fd, &e) == -1)
        g->broken = 1;
}

static void drop_first(struct guest *g)
{
    struct wait *w = g->head;

    if (!(g->head = w->next))
        g->tail = &g->head;
    release(w->text);
    free(w);
    g->offset = 0;
}

static void flush(struct guest *g)
{
    while (g->head && !g->broken) {
        struct iovec v[16];
        int n = 0;
        for (struct wait *w = g->head; w && n < 16; w = w->next, n++) {
            size_t skip = n == 0 ? g->offset : 0;
            v[n].iov_base = w->text->bytes + skip;
            v[n].iov_len = w->text->len - skip;
        }
        ssize_t sent = writev(g->fd, v, n);
        if (sent == -1 && errno == EAGAIN)
            break;
        if (sent == -1) {
            g->broken = 1;
            break;
        }
        g->queued -= (size_t)sent;
        for (size_t left = (size_t)sent; left > 0;) {
            size_t rest = g->head->text->len - g->offset;
            if (left < rest) {
                g->offset += left;
                break;
            }
            left -= rest;
            drop_first(g);
        }
    }
    if (!g->broken && g->want_out != (g->head != NULL))
        watch_out(g, g->head != NULL);
}

static void say_to(struct guest *g, struct text *t)
{
    struct wait *w;

    if (g->broken)
        return;
    if (g->queued + t->len > 65536)
        flush(g);
    if (g->broken || g->queued + t->len > 65536 || !(w = malloc(sizeof *w))) {
        g->broken = 1;
        return;
    }
    t->readers++;
    *w = (struct wait){.text = t};
    *g->tail = w;
    g->tail = &w->next;
    g->queued += t->len;
}

static void flush_all(void)
{
    for (struct guest *g = room.first; g; g = g->after)
        if (!g->want_out)
            flush(g);
}

static void everybody_but(struct guest *me, const char *a, const char *b,
                          const char *c, size_t c_len)
{
    char line[1200];
    int head = snprintf(line, sizeof line, "%s%s", a, b);

    memcpy(line + head, c, c_len);
    line[(size_t)head + c_len] = '\n';
    struct text *t = new_text(line, (size_t)head + c_len + 1);
    for (struct guest *g = room.first; g; g = g->after)
        if (g != me)
            say_to(g, t);
    release(t);
}

static void is_gone(struct guest *g)
{
    int was_here = g->in == &room;

    move_to(g, &gone);
    if (was_here)
        everybody_but(g, "* ", g->name, " has left", 9);
}

static void goodbye(struct guest *g, const char *error)
{
    struct text *t = new_text(error, strlen(error));

    say_to(g, t);
    release(t);
    flush(g);
    is_gone(g);
}

static void enter(struct guest *g, const char *name, size_t len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_-0123456789"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char text[32768];
    size_t n;

    if (len - 1 > 19 || memchr(name, 0, len) || strspn(name, letters) != len) {
        goodbye(g, "error: that is not a name\n");
        return;
    }
    for (struct guest *o = room.first; o; o = o->after)
        if (!strcmp(o->name, name)) {
            goodbye(g, "error: taken\n");
            return;
        }
    strcpy(g->name, name);
    n = (size_t)sprintf(text, "* welcome, %s; %s", name,
                        room.first ? "here are: " : "nobody else is here yet");
    for (struct guest *o = room.first; o && n < sizeof text - 30; o = o->after)
        n += (size_t)sprintf(text + n, o->after ? "%s, " : "%s", o->name);
    text[n++] = '\n';
    struct text *t = new_text(text, n);
    say_to(g, t);
    release(t);
    move_to(g, &room);
    everybody_but(g, "* ", name, " has joined", 11);
}

static void hear(struct guest *g)
{
    char *start = g->got, *end = g->got + g->got_len, *nl;

    while (g->in != &gone && (nl = memchr(start, '\n', (size_t)(end - start)))) {
        size_t len = (size_t)(nl - start);
        if (len && start[len - 1] == '\r')
            len--;
        if (len > 1024) {
            goodbye(g, "error: too long\n");
            return;
        }
        start[len] = '\0';
        if (g->in == &lobby) {
            enter(g, start, len);
        } else if (len) {
            char head[32];
            snprintf(head, sizeof head, "<%s> ", g->name);
            for (size_t i = 0; i < len; i++)
                if ((unsigned char)start[i] == 0x7f ||
                    ((unsigned char)start[i] < 0x20 && start[i] != '\t'))
                    start[i] = '?';
            everybody_but(g, head, "", start, len);
        }
        start = nl + 1;
    }
    size_t left = (size_t)(end - start);
    if (g->in != &gone &&
        (left > 1025 || (left == 1025 && start[1024] != '\r'))) {
        goodbye(g, "error: too long\n");
        return;
    }
    memmove(g->got, start, left);
    g->got_len = left;
}

static void receive(struct guest *g)
{
    ssize_t n = read(g->fd, g->got + g->got_len, sizeof g->got - g->got_len);

    if (n == -1 && errno != EAGAIN)
        g->broken = 1;
    if (n > 0) {
        g->got_len += (size_t)n;
        hear(g);
    }
    if (n == 0) {
        int was_here = g->in == &room;
        g->eof = 1;
        watch_out(g, 1);
        move_to(g, &leaving);
        if (was_here)
            everybody_but(g, "* ", g->name, " has left", 9);
    }
}

static void welcome(void)
{
    struct guest *g = malloc(sizeof *g);
    int fd = g ? accept4(listener, NULL, NULL, SOCK_NONBLOCK) : -1;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = g};

    if (fd == -1) {
        free(g);
        if (errno == EMFILE || errno == ENFILE) {
            full = 1;
            epoll_ctl(poller, EPOLL_CTL_DEL, listener, NULL);
        }
        return;
    }
    memset(g, 0, offsetof(struct guest, got));
    g->got_len = g->offset = g->queued = 0;
    g->head = NULL;
    g->tail = &g->head;
    g->fd = fd;
    g->deadline = clock_ms() + patience;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e) == -1) {
        close(fd);
        free(g);
        return;
    }
    move_to(g, &lobby);
}

static void tidy(void)
{
    struct guest *g, *next;
    int again = 1;

    while (lobby.first && lobby.first->deadline <= clock_ms())
        is_gone(lobby.first);
    for (g = leaving.first; g; g = next) {
        next = g->after;
        if (g->broken || !g->head)
            is_gone(g);
    }
    for (g = lobby.first; g; g = next) {
        next = g->after;
        if (g->broken)
            is_gone(g);
    }
    while (again) {
        again = 0;
        flush_all();
        for (g = room.first; g && !again; g = g->after)
            if (g->broken) {
                is_gone(g);
                again = 1;
            }
    }
    while ((g = gone.first)) {
        take_out(g);
        while (g->head)
            drop_first(g);
        close(g->fd);
        free(g);
        if (full) {
            struct epoll_event e = {.events = EPOLLIN};
            full = 0;
            epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e);
        }
    }
}

static int out_of_range(const char *text, long least, long most)
{
    char *end;
    long n = strtol(text, &end, 10);

    return *text < '0' || *text > '9' || *end || n < least || n > most;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE},
                    *list;
    struct rlimit files;
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    char name[NI_MAXHOST], service[NI_MAXSERV];
    int on = 1;
    sigset_t set;

    if (argc > 4 || out_of_range(port, 0, 65535) ||
        (argc > 3 && out_of_range(argv[3], 1, 86400)))
        errx(2, "usage: server [HOST [PORT [SECONDS]]]");
    if (argc > 3)
        patience = 1000LL * atoi(argv[3]);
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &list);
    if (error)
        errx(1, "getaddrinfo: %s", gai_strerror(error));
    listener = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener == -1)
        err(1, "socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, list->ai_addr, list->ai_addrlen) == -1)
        err(1, "bind");
    if (listen(listener, 5) == -1)
        err(1, "listen");
    freeaddrinfo(list);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_NONBLOCK);
    poller = epoll_create1(0);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e);
    e.data.ptr = &signals;
    epoll_ctl(poller, EPOLL_CTL_ADD, signals, &e);
    getsockname(listener, (struct sockaddr *)&own, &len);
    getnameinfo((struct sockaddr *)&own, len, name, sizeof name, service,
                sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(own.ss_family == AF_INET6 ? "listening on [%s]:%s\n"
                                     : "listening on %s:%s\n",
           name, service);
    fflush(stdout);
    for (;;) {
        struct epoll_event events[64];
        long long left =
            lobby.first ? lobby.first->deadline - clock_ms() : -1;
        int n = epoll_wait(poller, events, 64,
                           lobby.first ? (left > 0 ? (int)left : 0) : -1);
        if (n == -1 && errno != EINTR)
            err(1, "epoll_wait");
        for (int i = 0; i < n; i++) {
            struct guest *g = events[i].data.ptr;
            if (events[i].data.ptr == &signals)
                return 0;
            if (!g) {
                welcome();
                continue;
            }
            if (g->in == &gone)
                continue;
            if (events[i].events & EPOLLOUT)
                flush(g);
            if (!g->eof && (events[i].events & ~(unsigned)EPOLLOUT))
                receive(g);
            else if (events[i].events & (EPOLLERR | EPOLLHUP))
                g->broken = 1;
        }
        tidy();
    }
}
