/*
 * server.c - a UDP echo server: each datagram goes back to whoever sent it.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * One socket serves everybody, and there is nothing to accept or to close.
 * Compared with lesson 02 the socket is a datagram socket, and somebody reads
 * from it: see echo_datagrams().
 * See also: client.c, datagrams.c, burst.c; udp(7).
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

/* Return a new UDP socket that is bound to HOST and PORT. */
static int bind_udp(const char *host, const char *port)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_DGRAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *addr;
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &addr);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));

    /* No SO_REUSEADDR: it would let a second server take our datagrams. */
    int sock = socket(addr->ai_family, SOCK_DGRAM, 0);
    if (sock == -1)
        err(1, "socket");
    if (bind(sock, addr->ai_addr, addr->ai_addrlen) == -1)
        err(1, "bind %s %s", host, port);
    freeaddrinfo(addr);
    return sock;
}

/* Send each datagram back to whoever sent it, for ever. */
static void echo_datagrams(int sock)
{
    static char buf[65536]; /* no datagram is larger, so none is cut */

    for (;;) {
        struct sockaddr_storage peer;
        struct sockaddr *addr = (struct sockaddr *)&peer;
        socklen_t len = sizeof peer; /* recvfrom() changes it */
        ssize_t n = recvfrom(sock, buf, sizeof buf, 0, addr, &len);
        if (n == -1) {
            warn("recvfrom");
            continue; /* it told of one datagram; the next one may be well */
        }
        /* All of it or nothing; and 0 bytes are a datagram, not an end. */
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

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen as soon as it is said */

    int sock = bind_udp(host, port);
    printf("bound to ");
    print_local_address(sock);
    printf("\n");
    echo_datagrams(sock);
}
