/*
 * by-hand.c - build an IPv4 address by hand, print its bytes, and bind to it.
 *
 *     cc -o by-hand by-hand.c
 *     ./by-hand ADDRESS PORT              (for example 127.0.0.1 65432)
 *
 * getaddrinfo() does this for server.c.  See also: ip(7), inet_pton(3).
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Print WHAT, and then LEN bytes in hex, in the order of memory. */
static void print_bytes(const char *what, const void *bytes, size_t len)
{
    const unsigned char *byte = bytes;

    printf("%-10s", what);
    for (size_t i = 0; i < len; i++)
        printf(" %02x", byte[i]);
    printf("\n");
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        errx(2, "usage: by-hand ADDRESS PORT");
    const char *digits = argv[2];
    unsigned long port = strtoul(digits, NULL, 10);
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0' ||
        port > 65535)
        errx(2, "%s: not a port (0 to 65535)", digits);

    struct sockaddr_in addr = {0};
    addr.sin_family = AF_INET;
    addr.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1)
        errx(2, "%s: not an IPv4 address like 127.0.0.1", argv[1]);

    print_bytes("family", &addr.sin_family, sizeof addr.sin_family);
    print_bytes("port", &addr.sin_port, sizeof addr.sin_port);
    print_bytes("address", &addr.sin_addr, sizeof addr.sin_addr);
    print_bytes("all of it", &addr, sizeof addr);

    int sock = socket(AF_INET, SOCK_STREAM, 0);
    if (sock == -1)
        err(1, "socket");
    if (bind(sock, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(1, "bind %s %s", argv[1], argv[2]);
    printf("bound\n");
    if (fflush(stdout) == EOF)
        err(1, "stdout");
}
