/*
 * server.c - give a TCP socket an address, say which, and hold it.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * An empty HOST ("") means every interface, PORT 0 any free port.  Nobody can
 * connect yet: the socket has an address, but does not listen.  Ctrl-C ends
 * it.  See also: names.c, by-hand.c.
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Return a new TCP socket that is bound to HOST and PORT. */
static int bind_to(const char *host, const char *port)
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
    int sock = socket(addr->ai_family, SOCK_STREAM, 0);
    if (sock == -1)
        err(1, "socket");
    if (bind(sock, addr->ai_addr, addr->ai_addrlen) == -1)
        err(1, "bind %s %s", host, port);
    freeaddrinfo(addr);
    return sock;
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: server [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen as soon as it is said */

    int sock = bind_to(host, port);
    printf("bound to ");
    print_local_address(sock);
    printf("\n");
    for (;;)
        pause(); /* until a signal ends the program */
}
