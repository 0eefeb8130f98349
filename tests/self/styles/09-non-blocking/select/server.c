/*
 * server.c - a TCP echo server for many clients at once, in one thread.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * Only one call ever waits, select(), which cannot watch a descriptor of
 * FD_SETSIZE or more: so we never have one, and other clients wait in the queue.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MANY = FD_SETSIZE }; /* descriptors: select() knows no more */

/* What a client sent and has not got back: bytes[start] to bytes[end - 1]. */
struct client {
    char *bytes; /* NULL while nothing waits: an idle client has no buffer */
    size_t start, end;
};

/* All that poll() watches.  (Memory that is not used costs nothing.) */
struct watch {
    struct pollfd fds[MANY]; /* LISTENER, SIGNALS, then the clients' */
    struct client clients[MANY]; /* clients[i] is whom fds[i] leads to */
    size_t count;
    time_t full; /* the second in which accept() failed last */
};
enum { LISTENER, SIGNALS, FIRST_CLIENT };

static int wake; /* the end of a pipe to write to; SIGNALS is the other end */

/* Print ADDR (of LEN bytes) in numbers: 127.0.0.1:80 or [::1]:80. */
static void print_address(const struct sockaddr *addr, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int error = getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);

    if (error)
        errx(1, "getnameinfo: %s", gai_strerror(error));
    printf(addr->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Print the address that SOCK is bound to, which only the kernel knows. */
static void print_local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    print_address((struct sockaddr *)&addr, len);
}

/* Refuse what is no port.  (To glibc's getaddrinfo() 99999 is port 34463.) */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/*
 * Return a new TCP socket that listens on HOST and PORT, and lets about
 * BACKLOG clients wait until they are accepted.
 */
static int listen_on(const char *host, const char *port, int backlog)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *addr;
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &addr);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));

    /* A name may stand for several addresses: the first one is ours. */
    int listener = socket(addr->ai_family, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");

    /* Let a restarted server have its port back at once (see TIME_WAIT). */
    int on = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        err(1, "setsockopt");
    if (bind(listener, addr->ai_addr, addr->ai_addrlen) == -1)
        err(1, "bind %s %s", host, port);
    if (listen(listener, backlog) == -1)
        err(1, "listen");
    freeaddrinfo(addr);
    return listener;
}

/* Have poll() return, now or as soon as it is called: a byte can wait. */
static void on_signal(int signo)
{
    int error = errno; /* which write() may change */

    if (write(wake, "", 1) == -1)
        _exit(128 + signo);
    errno = error;
}

/* Return a descriptor that has something to read once we are told to end. */
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

/* Have as many descriptors as we may and select() can watch. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "getrlimit");
    limit.rlim_cur = limit.rlim_max < MANY ? limit.rlim_max : MANY;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "setrlimit");
}

/* Watch FD from now on, for something to read; and let no call on it wait. */
static void add(struct watch *w, int fd)
{
    int flags = fcntl(fd, F_GETFL); /* F_SETFL sets all: keep the others */

    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
    w->fds[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->clients[w->count++] = (struct client){.bytes = NULL};
}

/* Let client I go.  The last one, who has had its turn, takes its place. */
static void remove_client(struct watch *w, size_t i)
{
    close(w->fds[i].fd);
    free(w->clients[i].bytes);
    w->fds[i] = w->fds[--w->count];
    w->clients[i] = w->clients[w->count];
    w->full = 0; /* there is a free descriptor now */
}

/* Accept those who wait, but not for ever: those whom we have wait as well. */
static void accept_clients(struct watch *w)
{
    for (int i = 0; i < 64; i++) {
        int conn = accept(w->fds[LISTENER].fd, NULL, NULL);
        if (conn == -1 && errno != EAGAIN && errno != ECONNABORTED) {
            warn("accept");
            w->full = time(NULL); /* no descriptor is free, say */
        }
        if (conn == -1)
            return; /* or nobody waits any more, or who did has left */
        add(w, conn);
    }
}

/* Send C what waits for it, or else what it sends now.  Returns as recv(). */
static ssize_t take_turn(struct pollfd *fd, struct client *c)
{
    char buf[65536]; /* the most that we ever hold of a client */

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

/* As poll(), but with the sets of select(). */
static int wait_by_select(struct watch *w, int timeout)
{
    struct timeval time = {.tv_sec = timeout / 1000};
    int most = 0;
    fd_set in, out;

    FD_ZERO(&in);
    FD_ZERO(&out);
    for (size_t i = 0; i < w->count; i++) {
        if (w->fds[i].events & POLLIN)
            FD_SET(w->fds[i].fd, &in);
        if (w->fds[i].events & POLLOUT)
            FD_SET(w->fds[i].fd, &out);
        most = w->fds[i].fd > most ? w->fds[i].fd : most;
    }
    if (select(most + 1, &in, &out, NULL, timeout == -1 ? NULL : &time) == -1)
        return -1;
    for (size_t i = 0; i < w->count; i++)
        w->fds[i].revents = (short)((FD_ISSET(w->fds[i].fd, &in) ? POLLIN : 0) |
                                    (FD_ISSET(w->fds[i].fd, &out) ? POLLOUT : 0));
    return 0;
}

/* Serve whoever comes, until we are told to end. */
static void serve(struct watch *w)
{
    while (w->fds[SIGNALS].revents == 0) {
        int full = w->full == time(NULL); /* then ask again in a second */
        w->fds[LISTENER].events = full ? 0 : POLLIN;
        if (wait_by_select(w, full ? 1000 : -1) == -1) {
            if (errno != EINTR)
                err(1, "poll");
            continue; /* there is a byte in the pipe now */
        }
        for (size_t i = w->count; i-- > FIRST_CLIENT;) { /* the last first */
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

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen as soon as it is said */
    signal(SIGPIPE, SIG_IGN); /* if the peer is gone, let send() fail */
    raise_descriptor_limit();
    static struct watch w;
    add(&w, listen_on(host, port, SOMAXCONN));
    add(&w, catch_signals());
    printf("listening on ");
    print_local_address(w.fds[LISTENER].fd);
    printf("\n");
    serve(&w);
}
