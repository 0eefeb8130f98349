/*
 * client.c - ask the server for COUNT bytes, and check every one of them.
 *
 *     cc -o client client.c
 *     ./client [HOST [PORT [COUNT]]]      (default: 127.0.0.1 65432 16777216)
 *
 * See also: server.c and naive.c.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Return the number in TEXT.  Exits unless it is digits and fits in 64 bits. */
static unsigned long long parse_count(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    errno = 0;
    unsigned long long count = strtoull(text, NULL, 10);
    if (digits == 0 || text[digits] != '\0' || errno == ERANGE)
        errx(2, "%s: not a number of bytes", text);
    return count;
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
 * Ask for COUNT bytes: send it as 8 bytes, most significant first.  Exits if
 * the connection is lost.
 */
static void ask(int conn, unsigned long long count)
{
    char header[8];

    for (size_t i = sizeof header; i-- > 0; count >>= 8)
        header[i] = (char)(count & 0xff);
    if (send_all(conn, header, sizeof header) == -1)
        err(1, "send");
}

/*
 * Receive until the server closes.  Exits unless exactly COUNT bytes arrive
 * and byte number i is i mod 251.
 */
static void receive(int conn, unsigned long long count)
{
    static unsigned char buf[65536];
    unsigned long long received = 0, calls = 0;
    ssize_t n;

    while ((n = recv(conn, buf, sizeof buf, 0)) != 0) {
        if (n == -1)
            err(1, "recv, after %llu of %llu bytes", received, count);
        calls++;
        for (ssize_t i = 0; i < n; i++, received++) {
            if (received == count)
                errx(1, "the server sent more than %llu bytes", count);
            if (buf[i] != received % 251)
                errx(1, "byte number %llu is %d instead of %llu", received,
                     buf[i], received % 251);
        }
    }
    if (received < count)
        errx(1, "the server closed after %llu of %llu bytes", received, count);
    printf("received %llu bytes in %llu calls of recv()\n", received, calls);
}

int main(int argc, char *argv[])
{
    if (argc > 4)
        errx(2, "usage: client [HOST [PORT [COUNT]]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    unsigned long long count = parse_count(argc > 3 ? argv[3] : "16777216");
    check_port(port);

    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */

    int conn = connect_to(host, port);
    ask(conn, count);
    receive(conn, count);
    close(conn);
    if (fflush(stdout) == EOF)
        err(1, "stdout");
}
