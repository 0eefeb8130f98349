/*
 * server.c - accept each client, print its address, and hang up.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT [BACKLOG]]]    (default: 127.0.0.1 65432 SOMAXCONN)
 *
 * New since lesson 02: the socket listens, see listen_on(), and main() accepts
 * one client after another until Ctrl-C.  See also: client.c.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Return the backlog in DIGITS.  Exits with status 2 if it is not one. */
static int read_backlog(const char *digits)
{
    unsigned long backlog = strtoul(digits, NULL, 10);

    if (digits[strspn(digits, "0123456789")] != '\0' || backlog < 1 ||
        backlog > 2147483647)
        errx(2, "%s: not a backlog (1 to 2147483647)", digits);
    return (int)backlog;
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

int main(int argc, char *argv[])
{
    if (argc > 4)
        errx(2, "usage: server [HOST [PORT [BACKLOG]]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);
    int backlog = argc > 3 ? read_backlog(argv[3]) : SOMAXCONN;

    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line when it is complete */

    int listener = listen_on(host, port, backlog);
    printf("listening on ");
    print_local_address(listener);
    if (puts("") == EOF)
        err(1, "stdout");
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer; /* accept() changes it: set it each time */
        int conn = accept(listener, (struct sockaddr *)&peer, &len);
        if (conn == -1 && errno == ECONNABORTED)
            continue; /* this client has left; others may be waiting */
        if (conn == -1) {
            warn("accept");
            sleep(1); /* perhaps no descriptor is free: that may pass */
            continue;
        }
        printf("accepted ");
        print_address((struct sockaddr *)&peer, len);
        printf("\n");
        close(conn);
    }
}
