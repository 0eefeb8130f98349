/*
 * server.c - a TCP echo server for many clients at a time, in one thread.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * New since lesson 04: only one call ever waits, poll(), and it waits for all
 * clients, see serve().  See also: client.c.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The most descriptors that we use: the default of Linux's fs.nr_open. */
enum { MANY = 1 << 20 };

/* The bytes that wait for a client are bytes[start] to bytes[end - 1]. */
struct client {
    char *bytes; /* NULL if there are none: an idle client has no buffer */
    size_t start, end;
};

/* All that poll() watches.  (Memory that nobody touches costs nothing.) */
struct watch {
    struct pollfd fds[MANY]; /* LISTENER, SIGNALS, then the clients' */
    struct client clients[MANY]; /* clients[i] belongs to fds[i] */
    size_t count; /* of both arrays */
    time_t full; /* the second in which accept() failed last */
};
enum { LISTENER, SIGNALS, FIRST_CLIENT };

/* The end of a pipe that on_signal() writes to.  SIGNALS is the other end. */
static int wake;

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

/*
 * Handle a signal: write a byte into the pipe, so that poll() returns, now or
 * when it is called next.
 */
static void on_signal(int signo)
{
    int error = errno; /* write() may change it */

    if (write(wake, "", 1) == -1)
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
 * Make FD non-blocking, and watch it from now on for something to read.  Exits
 * if that fails.
 */
static void add(struct watch *w, int fd)
{
    int flags = fcntl(fd, F_GETFL); /* F_SETFL sets them all: keep the rest */

    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
    w->fds[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->clients[w->count++] = (struct client){.bytes = NULL};
}

/*
 * Close the connection of client I and free what we keep for it.  The last
 * client of the array, which has had its turn already, takes its place.
 */
static void remove_client(struct watch *w, size_t i)
{
    close(w->fds[i].fd);
    free(w->clients[i].bytes);
    w->fds[i] = w->fds[--w->count];
    w->clients[i] = w->clients[w->count];
    w->full = 0; /* there is a free descriptor now */
}

/*
 * Accept the clients that wait in the queue, at most 64 of them, because the
 * clients that we have are waiting too.  If that fails, prints a warning and
 * takes a note of the time.
 */
static void accept_clients(struct watch *w)
{
    for (int i = 0; i < 64; i++) {
        int conn = accept(w->fds[LISTENER].fd, NULL, NULL);
        if (conn == -1 && errno != EAGAIN && errno != ECONNABORTED) {
            warn("accept");
            w->full = time(NULL); /* perhaps no descriptor is free */
        }
        if (conn == -1)
            return; /* or the queue is empty, or this client has left */
        add(w, conn);
    }
}

/*
 * Send C the bytes that wait for it; if there are none, receive some and send
 * them back.  Bytes that do not fit wait for C's next turn.  Returns what the
 * last recv() or send() returned: 0 at the end of file, -1 (see errno) if it
 * failed, where EAGAIN means no room, or nothing there.
 */
static ssize_t take_turn(struct pollfd *fd, struct client *c)
{
    char buf[65536]; /* more than this never waits for a client */

    if (c->bytes == NULL) {
        ssize_t n = recv(fd->fd, buf, sizeof buf, 0);
        if (n <= 0)
            return n;
        *c = (struct client){.bytes = malloc((size_t)n), .end = (size_t)n};
        if (c->bytes == NULL)
            return -1;
        memcpy(c->bytes, buf, c->end);
    }
    ssize_t n = send(fd->fd, c->bytes + c->start, c->end - c->start, 0);
    if (n > 0)
        c->start += (size_t)n;
    if (c->start == c->end) {
        free(c->bytes);
        c->bytes = NULL;
    }
    fd->events = c->bytes ? POLLOUT : POLLIN;
    return n;
}

/* Serve all clients until a signal arrives.  Exits if poll() fails. */
static void serve(struct watch *w)
{
    while (w->fds[SIGNALS].revents == 0) {
        int full = w->full == time(NULL); /* try again within a second */
        w->fds[LISTENER].events = full ? 0 : POLLIN;
        if (poll(w->fds, (nfds_t)w->count, full ? 1000 : -1) == -1) {
            if (errno != EINTR)
                err(1, "poll");
            continue; /* there is a byte in the pipe now */
        }
        for (size_t i = w->count; i-- > FIRST_CLIENT;) { /* backwards */
            if (w->fds[i].revents == 0)
                continue;
            ssize_t n = take_turn(&w->fds[i], &w->clients[i]);
            if (n > 0 || (n == -1 && errno == EAGAIN))
                continue;
            if (n == -1)
                warn("lost a client");
            remove_client(w, i);
        }
        if (w->fds[LISTENER].revents)
            accept_clients(w);
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
    add(&w, listen_on(host, port, SOMAXCONN));
    add(&w, catch_signals());
    printf("listening on ");
    print_local_address(w.fds[LISTENER].fd);
    if (puts("") == EOF)
        err(1, "stdout");
    serve(&w);
}
