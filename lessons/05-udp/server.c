/*
 * server.c - a UDP echo server: each datagram goes back to its sender.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * One socket serves everybody.  It accepts nobody, and closes nothing.
 * Compared with lesson 02, the socket is a datagram socket, and the server
 * reads from it: see echo_datagrams().
 * See also: client.c, datagrams.c, burst.c; udp(7).
 */
#include <err.h>
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

/*
 * Return the UDP addresses that HOST and PORT stand for, as a list that the
 * caller frees with freeaddrinfo().  Exits if there are none.
 */
static struct addrinfo *resolve_udp(const char *host, const char *port,
                                    int flags)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_DGRAM,
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
 * Return a new UDP socket that is bound to HOST and PORT.  A name can have
 * several addresses: we take the first one that works.  Exits if none does.
 */
static int bind_udp(const char *host, const char *port)
{
    struct addrinfo *list = resolve_udp(*host ? host : NULL, port, AI_PASSIVE);
    int sock = -1;

    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        bool last = addr->ai_next == NULL;

        sock = socket(addr->ai_family, SOCK_DGRAM, 0);
        if (sock == -1 && last)
            err(1, "socket");
        if (sock == -1)
            continue;
        /* No SO_REUSEADDR: a second server could take our datagrams. */
        if (bind(sock, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        if (last)
            err(1, "bind %s %s", host, port);
        close(sock);
    }
    freeaddrinfo(list);
    return sock;
}

/* Send each datagram that arrives at SOCK back to its sender, forever. */
static void echo_datagrams(int sock)
{
    static char buf[65536]; /* no datagram is larger, so none is cut off */

    for (;;) {
        struct sockaddr_storage peer;
        struct sockaddr *addr = (struct sockaddr *)&peer;
        socklen_t len = sizeof peer; /* each recvfrom() changes it */

        ssize_t n = recvfrom(sock, buf, sizeof buf, 0, addr, &len);
        if (n == -1) {
            warn("recvfrom");
            sleep(1); /* if the error lasts, do not spin */
            continue;
        }
        /* An n of 0 is a datagram too: an empty one goes back. */
        if (sendto(sock, buf, (size_t)n, 0, addr, len) == -1)
            warn("sendto");
        printf("%zd bytes from ", n);
        print_address(addr, len);
        printf("\n");
    }
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: server [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line immediately */

    int sock = bind_udp(host, port);
    printf("bound to ");
    print_local_address(sock);
    if (puts("") == EOF)
        err(1, "stdout");
    echo_datagrams(sock);
}
