/*
 * client.c - send each line of stdin as a datagram, and print the answer.
 *
 *     cc -o client client.c
 *     ./client [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * A datagram can get lost, and so can its answer.  So we wait for a second,
 * send the line again, and give up after the third try.
 * See also: server.c; poll(2), which lesson 08 explains.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    LARGEST = 65527, /* a datagram's length with 8 bytes of header: 16 bits */
    TRIES = 3,
    WAIT = 1000 /* milliseconds */
};

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
 * Return a new UDP socket that is connected to HOST and PORT.  Nothing is sent,
 * so this is the first address to which there is a route.  Exits if there is
 * none.
 */
static int connect_udp(const char *host, const char *port)
{
    struct addrinfo *list = resolve_udp(host, port, 0);
    int sock = -1;

    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        bool last = addr->ai_next == NULL;

        sock = socket(addr->ai_family, SOCK_DGRAM, 0);
        if (sock == -1 && last)
            err(1, "socket");
        if (sock == -1)
            continue;
        if (connect(sock, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        if (last)
            err(1, "connect %s %s", host, port);
        close(sock);
    }
    freeaddrinfo(list);
    return sock;
}

/* Return the milliseconds of a clock that nobody can set. */
static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * Read a line of stdin into LINE, without its newline, and store its length in
 * *LEN.  Returns false at the end of stdin.  Exits if the line is too long.
 */
static bool read_line(char *line, size_t *len)
{
    int c;

    *len = 0;
    while ((c = getchar()) != EOF && c != '\n') {
        if (*len == LARGEST)
            errx(1, "a line is longer than the largest datagram");
        line[(*len)++] = (char)c;
    }
    if (ferror(stdin))
        err(1, "read");
    return c == '\n' || *len > 0; /* the last line may lack its newline */
}

/*
 * Wait for a second at most until the LEN bytes of LINE come back over SOCK.
 * Returns whether they did.  Exits if the kernel reports that nobody is there.
 */
static bool comes_back(int sock, const char *line, size_t len)
{
    static char buf[LARGEST];
    long long deadline = now() + WAIT;

    for (;;) {
        long long left = deadline - now();
        struct pollfd fd = {.fd = sock, .events = POLLIN};
        int ready = left > 0 ? poll(&fd, 1, (int)left) : 0;

        if (ready == -1)
            err(1, "poll");
        if (ready == 0)
            return false; /* the second is over */
        ssize_t n = recv(sock, buf, sizeof buf, MSG_DONTWAIT);
        if (n == -1 && errno != EAGAIN)
            err(1, "recv"); /* ECONNREFUSED, for instance: nobody is there */
        if (n == (ssize_t)len && memcmp(buf, line, len) == 0)
            return true;
    }
}

/*
 * Send the LEN bytes of LINE over SOCK, at most TRIES times; print the answer.
 * Exits if there is none.
 */
static void exchange(int sock, const char *line, size_t len)
{
    for (int tries = 0; tries < TRIES; tries++) {
        if (send(sock, line, len, 0) == -1)
            err(1, "send"); /* EMSGSIZE, for instance: the line is too long */
        if (comes_back(sock, line, len)) {
            if (fwrite(line, 1, len, stdout) != len || putchar('\n') == EOF)
                err(1, "stdout");
            return;
        }
    }
    errx(1, "no answer after %d tries", TRIES);
}

int main(int argc, char *argv[])
{
    static char line[LARGEST];
    size_t len;

    if (argc > 3)
        errx(2, "usage: client [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line immediately */

    int sock = connect_udp(host, port);
    if (sock <= STDERR_FILENO) /* or we would take our socket for stdin */
        errx(1, "stdin, stdout and stderr must be open");
    while (read_line(line, &len))
        exchange(sock, line, len);
    close(sock);
}
