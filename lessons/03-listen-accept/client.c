/*
 * client.c - connect to a server, print the addresses of both ends, and leave.
 *
 *     cc -o client client.c
 *     ./client [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * See also: server.c.
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

/* Print the address of the peer of SOCK.  Exits if that fails. */
static void print_peer_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getpeername(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getpeername");
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
 * Return a new TCP socket that is connected to HOST and PORT.  A name can have
 * several addresses: we try one after the other.  Exits if none answers.
 */
static int connect_to(const char *host, const char *port)
{
    struct addrinfo *list = resolve(host, port, 0);
    int conn = -1;

    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        bool last = addr->ai_next == NULL;

        conn = socket(addr->ai_family, SOCK_STREAM, 0);
        if (conn == -1 && last)
            err(1, "socket");
        if (conn == -1)
            continue;
        if (connect(conn, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        if (last)
            err(1, "connect %s %s", host, port);
        close(conn);
    }
    freeaddrinfo(list);
    return conn;
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: client [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    int conn = connect_to(host, port);
    printf("connected to ");
    print_peer_address(conn);
    printf(" from ");
    print_local_address(conn);
    printf("\n");
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    close(conn);
}
