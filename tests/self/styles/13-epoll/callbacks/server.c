/*
 * server.c of 13-epoll, in another style: a small library with callbacks, as libevent and
 * libuv have them, and a server that uses it.  Linux only.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- the library */

typedef struct Watcher Watcher;
typedef void Callback(Watcher *w);

struct Watcher {
    int fd;
    uint32_t events;
    Callback *callback; /* NULL: stopped, to be freed after this round */
    Watcher *next_dead;
};

typedef struct {
    int epfd;
    bool running;
    int64_t timer_at; /* 0: not set */
    void (*on_timer)(void);
    Watcher *dead;
} Loop;

static Loop loop;

static int64_t milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + 1;
}

static bool watcher_start(Watcher *w, int fd, uint32_t events, Callback *callback)
{
    *w = (Watcher){.fd = fd, .events = events, .callback = callback};
    return epoll_ctl(loop.epfd, EPOLL_CTL_ADD, fd, &(struct epoll_event){events, {w}}) == 0;
}

static void watcher_change(Watcher *w, uint32_t events)
{
    if (w->events != events)
        epoll_ctl(loop.epfd, EPOLL_CTL_MOD, w->fd, &(struct epoll_event){events, {w}});
    w->events = events;
}

/* The watcher must be the beginning of what malloc() has returned. */
static void watcher_stop_and_free(Watcher *w)
{
    epoll_ctl(loop.epfd, EPOLL_CTL_DEL, w->fd, &(struct epoll_event){0});
    w->callback = NULL;
    w->next_dead = loop.dead;
    loop.dead = w;
}

static void bury(void)
{
    while (loop.dead) {
        Watcher *w = loop.dead;
        loop.dead = w->next_dead;
        free(w);
    }
}

static bool loop_run(void)
{
    struct epoll_event events[100];

    loop.running = true;
    while (loop.running) {
        int64_t left = loop.timer_at ? loop.timer_at - milliseconds() : -1;
        if (loop.timer_at && left <= 0) {
            loop.timer_at = 0;
            loop.on_timer();
            continue;
        }
        int n = epoll_wait(loop.epfd, events, 100, (int)left);
        if (n == -1 && errno != EINTR)
            return false;
        while (n-- > 0) {
            Watcher *w = events[n].data.ptr;
            if (w->callback)
                w->callback(w);
        }
        bury();
    }
    return true;
}

/* ---- the server */

typedef struct {
    Watcher watcher; /* first: see watcher_stop_and_free() */
    char *pending;
    size_t offset, length;
} Connection;

static Watcher listening, signalled;
static int signal_pipe[2];
static char buffer[64 * 1024];

static _Noreturn void quit(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("server: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    exit(status);
}

static void accept_again(void)
{
    loop.timer_at = 0;
    watcher_change(&listening, EPOLLIN);
}

static void hang_up(Connection *c)
{
    watcher_stop_and_free(&c->watcher);
    close(c->watcher.fd);
    free(c->pending);
    accept_again();
}

static void on_writable(Watcher *w);

static void on_readable(Watcher *w)
{
    Connection *c = (Connection *)w;
    ssize_t got = recv(w->fd, buffer, sizeof buffer, 0), put = 0;

    if (got == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0)
        put = send(w->fd, buffer, (size_t)got, MSG_NOSIGNAL);
    if (put == -1 && (errno == EAGAIN || errno == EINTR))
        put = 0;
    else if (got <= 0 || put == -1) {
        hang_up(c);
        return;
    }
    if (put == got)
        return;
    c->length = (size_t)(got - put);
    c->offset = 0;
    if ((c->pending = malloc(c->length)) == NULL) {
        hang_up(c);
        return;
    }
    memcpy(c->pending, buffer + put, c->length);
    w->callback = on_writable;
    watcher_change(w, EPOLLOUT);
}

static void on_writable(Watcher *w)
{
    Connection *c = (Connection *)w;
    ssize_t put = send(w->fd, c->pending + c->offset, c->length - c->offset, MSG_NOSIGNAL);

    if (put == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (put == -1) {
        hang_up(c);
        return;
    }
    c->offset += (size_t)put;
    if (c->offset < c->length)
        return;
    free(c->pending);
    c->pending = NULL;
    w->callback = on_readable;
    watcher_change(w, EPOLLIN);
}

static void on_connection(Watcher *w)
{
    int fd = accept(w->fd, NULL, NULL);

    if (fd == -1) {
        if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
            return;
        perror("server: accept");
        watcher_change(w, 0);
        loop.timer_at = milliseconds() + 1000;
        loop.on_timer = accept_again;
        return;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    Connection *c = calloc(1, sizeof *c);
    if (c == NULL || !watcher_start(&c->watcher, fd, EPOLLIN, on_readable)) {
        free(c);
        close(fd);
    }
}

static void on_signal_byte(Watcher *w)
{
    (void)w;
    loop.running = false;
}

static void handler(int signo)
{
    int e = errno;
    if (write(signal_pipe[1], &signo, 1) == -1) {
        /* the pipe is full: it has been signalled */
    }
    errno = e;
}

static int open_listener(const char *host, const char *port)
{
    struct addrinfo hints, *list, *a;
    int fd = -1, error;

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    if ((error = getaddrinfo(host[0] ? host : NULL, port, &hints, &list)) != 0)
        quit(1, "%s: %s", host, gai_strerror(error));
    for (a = list; a != NULL; a = a->ai_next) {
        const char *call = "socket";
        if ((fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol)) != -1) {
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
            if (bind(fd, a->ai_addr, a->ai_addrlen) == 0)
                break;
            call = "bind";
        }
        if (a->ai_next == NULL)
            quit(1, "%s: %s", call, strerror(errno));
        if (fd != -1)
            close(fd);
    }
    freeaddrinfo(list);
    if (listen(fd, SOMAXCONN) == -1)
        quit(1, "listen: %s", strerror(errno));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

int main(int argc, char *argv[])
{
    const char *port = argc >= 3 ? argv[2] : "65432";
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    char host_text[NI_MAXHOST], port_text[NI_MAXSERV];
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct rlimit limit;

    if (argc > 3 || strlen(port) == 0 || strspn(port, "0123456789") != strlen(port) || atol(port) > 65535 ||
        strlen(port) > 6)
        quit(2, "usage: server [HOST [PORT]]");
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    int fd = open_listener(argc >= 2 ? argv[1] : "127.0.0.1", port);
    loop.epfd = epoll_create1(0);
    if (loop.epfd == -1 || pipe(signal_pipe) == -1)
        quit(1, "epoll_create1: %s", strerror(errno));
    fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    if (!watcher_start(&signalled, signal_pipe[0], EPOLLIN, on_signal_byte) ||
        !watcher_start(&listening, fd, EPOLLIN, on_connection))
        quit(1, "epoll_ctl: %s", strerror(errno));
    if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1 ||
        getnameinfo((struct sockaddr *)&addr, len, host_text, sizeof host_text, port_text, sizeof port_text,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        quit(1, "getsockname: %s", strerror(errno));
    printf(addr.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host_text, port_text);
    if (fflush(stdout) == EOF)
        quit(1, "stdout: %s", strerror(errno));
    if (!loop_run())
        quit(1, "epoll_wait: %s", strerror(errno));
    return 0;
}
