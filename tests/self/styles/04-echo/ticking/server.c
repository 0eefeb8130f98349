/*
 * server.c of 04-echo in another style: select() for all clients, which wakes up
 * every 5 seconds, and a queue of the shortest length.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

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

/*
 * Send the LEN bytes of BUF: one send() may take fewer than it is offered.
 * Returns 0, or -1 (see errno) when the connection is lost.
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

/* Send back what has arrived at CONN.  Returns -1 at its end. */
static int echo_some(int conn)
{
    char buf[16384];
    ssize_t n = recv(conn, buf, sizeof buf, 0);

    return n > 0 ? send_all(conn, buf, (size_t)n) : n == -1 && errno == EINTR ? 0 : -1;
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

    int listener = listen_on(host, port, 0);
    printf("listening on ");
    print_local_address(listener);
    printf("\n");
    fd_set all;
    FD_ZERO(&all);
    FD_SET(listener, &all);
    for (int most = listener, full = 0;;) {
        struct timeval tick = {.tv_sec = full ? 1 : 5};
        fd_set set = all;
        if (full)
            FD_CLR(listener, &set); /* no descriptor was free: rest a second */
        int n = select(most + 1, &set, NULL, NULL, &tick);
        full = 0;
        for (int fd = 0; n > 0 && fd <= most; fd++) {
            if (!FD_ISSET(fd, &set))
                continue;
            if (fd != listener) {
                if (echo_some(fd) == -1) {
                    FD_CLR(fd, &all);
                    close(fd);
                }
                continue;
            }
            int conn = accept(listener, NULL, NULL);
            if (conn == -1)
                full = errno != ECONNABORTED;
            if (conn >= FD_SETSIZE)
                close(conn);
            if (conn == -1 || conn >= FD_SETSIZE)
                continue;
            FD_SET(conn, &all);
            if (conn > most)
                most = conn;
        }
    }
}
