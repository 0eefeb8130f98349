/*
 * server.c - the echo server of lesson 04, for many clients at the same time.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * One process serves them all.  New since lesson 04: poll() waits for all of
 * the clients together, see serve_clients().  See also: fork.c and threads.c.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most clients at a time; the others wait in the queue.  (Most shells allow
   a program 1024 descriptors.) */
enum { MOST = 1000 };

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
 * Send the LEN bytes of BUF to CONN, in a loop, because a single send() may
 * take fewer.  Returns 0, or -1 (see errno) if the connection is lost.
 */
static int send_all(int conn, const char *buf, size_t len)
{
    while (len > 0) {
        ssize_t n = send(conn, buf, len, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        buf += n;
        len -= (size_t)n;
    }
    return 0;
}

/*
 * Send back what has arrived from CONN.  Only call it when poll() has reported
 * CONN: then recv() won't wait.  Returns whether the conversation goes on; if
 * not, the peer has finished sending, or the connection is lost, which gives a
 * warning.
 */
static bool echo_some(int conn)
{
    char buf[16384];
    ssize_t n = recv(conn, buf, sizeof buf, 0);

    if (n == -1 && errno == EINTR)
        return true; /* poll() will report CONN again */
    if (n == -1 || send_all(conn, buf, (size_t)n) == -1) {
        warn("lost a client");
        return false;
    }
    return n > 0;
}

/*
 * Serve all clients that connect to LISTENER, each as soon as something arrives
 * from it.  Does not return; exits if poll() fails.
 */
static void serve_clients(int listener)
{
    struct pollfd fds[1 + MOST] = {{.fd = listener}}; /* then the clients */
    nfds_t count = 1;

    for (;;) {
        fds[0].events = count <= MOST ? POLLIN : 0;
        if (poll(fds, count, -1) == -1) {
            if (errno != EINTR)
                err(1, "poll");
            continue;
        }
        for (nfds_t i = count - 1; i > 0; i--) { /* backwards */
            if (fds[i].revents == 0 || echo_some(fds[i].fd))
                continue;
            close(fds[i].fd);
            fds[i] = fds[--count]; /* the last one, which has had its turn */
        }
        if (fds[0].revents == 0)
            continue;
        int conn = accept(listener, NULL, NULL);
        if (conn == -1 && errno == ECONNABORTED)
            continue; /* this client has left; others may be waiting */
        if (conn == -1) {
            warn("accept");
            sleep(1); /* perhaps no descriptor is free: that may pass */
            continue;
        }
        fds[count++] = (struct pollfd){.fd = conn, .events = POLLIN};
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

    int listener = listen_on(host, port, SOMAXCONN);
    printf("listening on ");
    print_local_address(listener);
    if (puts("") == EOF)
        err(1, "stdout");
    serve_clients(listener);
}
