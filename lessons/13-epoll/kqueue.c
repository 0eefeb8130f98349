/*
 * kqueue.c - server.c for the BSDs and macOS, whose list is kqueue(2).
 *
 *     cc -o kqueue kqueue.c
 *     ./kqueue [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * A filter is what epoll calls an event: EVFILT_READ for EPOLLIN, EVFILT_WRITE
 * for EPOLLOUT.  Each is in the list, or not, by itself: see tell().
 * Nobody has told us yet that it runs there.  On Linux it passes lesson 13's
 * check with tests/self/kqueue/sys/event.h in place of kqueue(2).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The most descriptors that we use: the default of Linux's fs.nr_open. */
enum { MANY = 1 << 20 };
enum { PIECE = 65536 }; /* the most bytes that one recv() may return */
enum { READY_MOST = 256 }; /* the most descriptors that one wait reports */
enum { ACCEPT_MOST = 64 }; /* the most clients that we accept in one turn */
enum { PAUSE = 1000 }; /* milliseconds: how long accept() rests if it failed */

/* The bytes that wait for a client are out[out_sent] to out[out_len - 1]. */
struct client {
    char *out; /* NULL if none wait: an idle client has no buffer */
    size_t out_sent, out_len;
};

/*
 * All that we watch.  The kernel has the list of it.  What belongs to each
 * descriptor N is in fds[N] and clients[N].  (Memory that nobody touches costs
 * nothing.)
 */
struct watch {
    int queue; /* a descriptor, too: it stands for the kernel's list */
    int listener, signals;
    struct pollfd fds[MANY]; /* .events: what the kernel is to report */
    struct client clients[MANY];
    long long accept_paused_until; /* by now() */
};

/* The end of a pipe that on_signal() writes to. */
static int wake;

/* Return the milliseconds of a clock that nobody can set. */
static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * Print ADDR (of LEN bytes) in numbers: 127.0.0.1:80 or [::1]:80.  Exits if
 * that fails.
 */
static void print_address(const struct sockaddr *addr, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int error = getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);

    if (error)
        errx(1, "getnameinfo: %s", gai_strerror(error));
    printf(addr->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/*
 * Print the address that SOCK is bound to; only the kernel knows it.  Exits if
 * that fails.
 */
static void print_local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    print_address((struct sockaddr *)&addr, len);
}

/*
 * Exit unless PORT is a port number.  (glibc's getaddrinfo() would take 99999
 * for 34463.)
 */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/*
 * Return the TCP addresses that HOST and PORT stand for, as a list that the
 * caller frees with freeaddrinfo().  Exits if there are none.
 */
static struct addrinfo *resolve(const char *host, const char *port, int flags)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = flags | AI_NUMERICSERV,
    };
    struct addrinfo *list;
    int error = getaddrinfo(host, port, &hints, &list);

    if (error == EAI_SYSTEM)
        err(1, "getaddrinfo %s", host);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));
    return list;
}

/*
 * Return a new TCP socket that listens on HOST and PORT; about BACKLOG clients
 * can wait there until they are accepted.  A name can have several addresses:
 * we take the first one that works.  Exits if none does.
 */
static int listen_on(const char *host, const char *port, int backlog)
{
    struct addrinfo *list = resolve(*host ? host : NULL, port, AI_PASSIVE);
    int listener = -1, on = 1;

    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        bool last = addr->ai_next == NULL;

        listener = socket(addr->ai_family, SOCK_STREAM, 0);
        if (listener == -1 && last)
            err(1, "socket");
        if (listener == -1)
            continue;
        /* Let a restarted server have its port back immediately (TIME_WAIT). */
        if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
            err(1, "setsockopt");
        if (bind(listener, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        if (last)
            err(1, "bind %s %s", host, port);
        close(listener);
    }
    if (listen(listener, backlog) == -1)
        err(1, "listen");
    freeaddrinfo(list);
    return listener;
}

/* Make FD non-blocking: no call on it ever waits.  Exits if that fails. */
static void set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL); /* F_SETFL sets all: keep the rest */

    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
}

/*
 * Handle a signal: write a byte into the pipe, so that poll() returns, now or
 * when it is called next.  (If the pipe is full, it will return anyway.)
 */
static void on_signal(int signo)
{
    int error = errno; /* write() may change it */

    if (write(wake, "", 1) == -1 && errno != EAGAIN)
        _exit(128 + signo);
    errno = error;
}

/*
 * Catch SIGINT and SIGTERM.  Returns a descriptor that has something to read
 * when one of them has arrived.  Exits if that fails.
 */
static int catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    int ends[2];

    if (pipe(ends) == -1)
        err(1, "pipe");
    wake = ends[1];
    set_nonblocking(wake); /* a handler must never wait */
    if (sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        err(1, "sigaction");
    return ends[0];
}

/*
 * Raise our limit of descriptors as far as we may; most shells start us with
 * 1024.  If that fails, we go on with what we have.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "getrlimit");
    limit.rlim_cur = limit.rlim_max < MANY ? limit.rlim_max : MANY;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        warn("setrlimit");
}

/*
 * Tell the kernel which events of FD to report from now on, if they are not
 * those of BEFORE.  A descriptor without events is not in its list.  Returns
 * false if that fails.
 */
static bool tell(struct watch *w, int fd, short before)
{
    short events = w->fds[fd].events;
    struct kevent changes[2];
    int count = 0;

    if ((events ^ before) & POLLIN)
        EV_SET(&changes[count++], (uintptr_t)fd, EVFILT_READ,
               events & POLLIN ? EV_ADD : EV_DELETE, 0, 0, NULL);
    if ((events ^ before) & POLLOUT)
        EV_SET(&changes[count++], (uintptr_t)fd, EVFILT_WRITE,
               events & POLLOUT ? EV_ADD : EV_DELETE, 0, 0, NULL);
    return count == 0 || kevent(w->queue, changes, count, NULL, 0, NULL) == 0;
}

/* Watch FD from now on for something to read.  Returns false if that fails. */
static bool add(struct watch *w, int fd)
{
    w->fds[fd] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->clients[fd] = (struct client){.out = NULL};
    return tell(w, fd, 0);
}

/*
 * Close the connection of client FD and free what we keep for it.  With close()
 * it disappears from the kernel's list, too: nobody else has this descriptor.
 */
static void remove_client(struct watch *w, int fd)
{
    close(fd);
    free(w->clients[fd].out);
    w->accept_paused_until = 0; /* there is a free descriptor now */
}

/*
 * Accept the clients that wait in the queue, at most ACCEPT_MOST of them,
 * because the clients that we have are waiting too.  If that fails, prints a
 * warning and accepts nobody for a while.
 */
static void accept_clients(struct watch *w)
{
    for (int i = 0; i < ACCEPT_MOST; i++) {
        int conn = accept(w->listener, NULL, NULL);
        if (conn == -1 && errno != EAGAIN && errno != ECONNABORTED) {
            warn("accept");
            w->accept_paused_until = now() + PAUSE; /* no descriptor is free? */
        }
        if (conn == -1)
            return; /* or the queue is empty, or this client has left */
        set_nonblocking(conn);
        if (!add(w, conn)) {
            warn("kevent"); /* no memory in the kernel? */
            remove_client(w, conn);
        }
    }
}

/*
 * Keep N more BYTES for C, behind those that wait already.  Returns false if
 * there is no memory for them.
 */
static bool keep(struct client *c, const char *bytes, size_t n)
{
    char *out = realloc(c->out, c->out_len + n);

    if (out == NULL)
        return false;
    memcpy(out + c->out_len, bytes, n);
    c->out = out;
    c->out_len += n;
    return true;
}

/*
 * Send C the bytes that wait for it; if none do, receive some and send them
 * back.  Bytes that do not fit wait for C's next turn.  Returns what the last
 * recv() or send() returned: 0 at the end of file, -1 (see errno) if it failed,
 * where EAGAIN means no room, or nothing there.
 */
static ssize_t take_turn(struct pollfd *fd, struct client *c)
{
    char piece[PIECE];

    if (c->out == NULL) {
        ssize_t received = recv(fd->fd, piece, sizeof piece, 0);
        if (received <= 0)
            return received;
        if (!keep(c, piece, (size_t)received))
            return -1;
    }
    ssize_t n = send(fd->fd, c->out + c->out_sent, c->out_len - c->out_sent, 0);
    if (n > 0)
        c->out_sent += (size_t)n;
    if (c->out_sent == c->out_len) {
        free(c->out);
        *c = (struct client){.out = NULL};
    }
    fd->events = c->out ? POLLOUT : POLLIN;
    return n;
}

/* Give client FD a turn.  If its events change, the kernel has to know. */
static void serve_client(struct watch *w, int fd)
{
    short before = w->fds[fd].events;
    ssize_t n = take_turn(&w->fds[fd], &w->clients[fd]);

    if (n > 0 || (n == -1 && errno == EAGAIN)) {
        if (tell(w, fd, before))
            return;
        n = -1;
    }
    if (n == -1)
        warn("lost a client");
    remove_client(w, fd);
}

/* Ask about the listening socket; or do not, while accept() rests. */
static void ask_for_clients(struct watch *w, bool ask)
{
    short before = w->fds[w->listener].events;

    w->fds[w->listener].events = ask ? POLLIN : 0;
    if (!tell(w, w->listener, before))
        err(1, "kevent");
}

/*
 * Give all that is ready a turn, again and again, until a signal arrives.
 * Exits if kevent() fails.
 */
static void take_turns(struct watch *w)
{
    struct kevent ready[READY_MOST];

    for (;;) {
        long long pause = w->accept_paused_until - now();
        ask_for_clients(w, pause <= 0);
        struct timespec timeout = {pause / 1000, pause % 1000 * 1000000};
        int count = kevent(w->queue, NULL, 0, ready, READY_MOST,
                           pause > 0 ? &timeout : NULL);
        if (count == -1 && errno != EINTR) /* a signal */
            err(1, "kevent");
        for (int i = 0; i < count; i++) {
            int fd = (int)ready[i].ident;
            if (fd == w->signals)
                return;
            if (fd == w->listener)
                accept_clients(w);
            else
                serve_client(w, fd);
        }
    }
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: server [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line when it is complete */
    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */
    raise_descriptor_limit();
    static struct watch w;
    w.listener = listen_on(host, port, SOMAXCONN);
    set_nonblocking(w.listener);
    w.signals = catch_signals();
    w.queue = kqueue();
    if (w.queue == -1)
        err(1, "kqueue");
    if (!add(&w, w.listener) || !add(&w, w.signals))
        err(1, "kevent");
    printf("listening on ");
    print_local_address(w.listener);
    if (puts("") == EOF)
        err(1, "stdout");
    take_turns(&w);
}
