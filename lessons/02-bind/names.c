/*
 * names.c - print every TCP address that a name stands for.
 *
 *     cc -o names names.c
 *     ./names HOST [PORT]                 (default: port 65432)
 *
 * The order is the resolver's: a client tries the addresses from the top.
 * See also: server.c, which binds to the first one that works; getaddrinfo(3).
 */
#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

/* Print ADDR: 4 bytes and a port, both in network byte order. */
static void print_inet(const struct sockaddr_in *addr)
{
    char host[INET_ADDRSTRLEN];

    if (inet_ntop(AF_INET, &addr->sin_addr, host, sizeof host) == NULL)
        err(1, "inet_ntop");
    printf("%s:%u\n", host, ntohs(addr->sin_port));
}

/* Print ADDR: 16 bytes, a port, a flow label, and a scope id. */
static void print_inet6(const struct sockaddr_in6 *addr)
{
    char host[INET6_ADDRSTRLEN];

    if (inet_ntop(AF_INET6, &addr->sin6_addr, host, sizeof host) == NULL)
        err(1, "inet_ntop");
    printf("[%s]:%u flowinfo %lu scope %lu\n", host, ntohs(addr->sin6_port),
           (unsigned long)ntohl(addr->sin6_flowinfo),
           (unsigned long)addr->sin6_scope_id);
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

int main(int argc, char *argv[])
{
    if (argc < 2 || argc > 3)
        errx(2, "usage: names HOST [PORT]");
    const char *host = argv[1];
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    struct addrinfo *list = resolve(host, port, 0);
    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        if (addr->ai_family == AF_INET)
            print_inet((struct sockaddr_in *)addr->ai_addr);
        else if (addr->ai_family == AF_INET6)
            print_inet6((struct sockaddr_in6 *)addr->ai_addr);
    }
    freeaddrinfo(list);
    if (fflush(stdout) == EOF)
        err(1, "stdout");
}
