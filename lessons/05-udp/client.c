/*
 * client.c - send each line of stdin as a datagram, and print what comes back.
 *
 *     cc -o client client.c
 *     ./client [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * A datagram may get lost, and so may its answer.  So we wait a second, send
 * again, and give up after the third time.
 * See also: server.c; poll(2), which lesson 08 is about.
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
    LARGEST = 65527, /* 16 bits hold a datagram's length and 8 bytes more */
    TRIES = 3,
    WAIT = 1000 /* milliseconds */
};

/* Refuse what is no port.  (To glibc's getaddrinfo() 99999 is port 34463.) */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/* Return a new UDP socket that is connected to HOST and PORT. */
static int connect_udp(const char *host, const char *port)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_DGRAM,
        .ai_flags = AI_NUMERICSERV,
    };
    struct addrinfo *list, *addr;
    int sock = -1, error = getaddrinfo(host, port, &hints, &list);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));

    /* Nothing is sent: the first address that there is a way to is ours. */
    for (addr = list; addr; addr = addr->ai_next) {
        sock = socket(addr->ai_family, SOCK_DGRAM, 0);
        if (sock != -1 && connect(sock, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        error = errno; /* which close() may change */
        if (sock != -1)
            close(sock);
    }
    freeaddrinfo(list);
    if (addr == NULL) {
        errno = error;
        err(1, "%s %s %s", sock == -1 ? "socket" : "connect", host, port);
    }
    return sock;
}

/* Return the milliseconds of a clock that nobody sets. */
static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * Read a line into LINE, without its newline.  Returns false at the end of
 * stdin, else its length is in *LEN.
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

/* Wait until the LEN bytes of LINE come back.  Returns false if they do not. */
static bool comes_back(int sock, const char *line, size_t len)
{
    static char buf[LARGEST];
    long long left, deadline = now() + WAIT;

    do {
        left = deadline - now(); /* what else comes does not prolong it */
        struct pollfd fd = {.fd = sock, .events = POLLIN};
        int ready = poll(&fd, 1, left > 0 ? (int)left : 0);
        if (ready == -1)
            err(1, "poll");
        if (ready == 0)
            return false;
        ssize_t n = recv(sock, buf, sizeof buf, MSG_DONTWAIT);
        if (n == -1 && errno != EAGAIN)
            err(1, "recv"); /* such as ECONNREFUSED: nobody is there */
        if (n == (ssize_t)len && memcmp(buf, line, len) == 0)
            return true;
    } while (left > 0);
    return false;
}

/* Send the LEN bytes of LINE, again if need be, and print what comes back. */
static void exchange(int sock, const char *line, size_t len)
{
    for (int tries = 0; tries < TRIES; tries++) {
        if (send(sock, line, len, 0) == -1)
            err(1, "send"); /* such as EMSGSIZE: it is too long */
        if (comes_back(sock, line, len)) {
            if (fwrite(line, 1, len, stdout) != len || putchar('\n') == EOF)
                err(1, "write");
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

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen as soon as it is said */

    int sock = connect_udp(host, port);
    while (read_line(line, &len))
        exchange(sock, line, len);
    close(sock);
}
