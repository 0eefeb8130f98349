/*
 * client.c - send stdin to an echo server, and print what comes back.
 *
 *     cc -o client client.c
 *     ./client [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * Both directions flow at the same time: a client that first sends all and
 * then reads all fills every buffer on the way and waits for ever.
 * See also: server.c; poll(2), which lesson 08 is about.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What was read from stdin and not sent yet: bytes[start] to bytes[end - 1]. */
struct outgoing {
    char bytes[16384];
    size_t start, end;
    bool more; /* stdin has not ended */
};

/* Refuse what is no port.  (To glibc's getaddrinfo() 99999 is port 34463.) */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/* Return a new TCP socket that is connected to HOST and PORT. */
static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    struct addrinfo *list, *addr;
    int conn = -1, error = getaddrinfo(host, port, &hints, &list);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));

    /* A name may stand for several addresses: we try one after the other. */
    for (addr = list; addr; addr = addr->ai_next) {
        conn = socket(addr->ai_family, SOCK_STREAM, 0);
        if (conn != -1 && connect(conn, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        error = errno; /* which close() may change */
        if (conn != -1)
            close(conn);
    }
    freeaddrinfo(list);
    if (addr == NULL) {
        errno = error;
        err(1, "%s %s %s", conn == -1 ? "socket" : "connect", host, port);
    }
    return conn;
}

/* Fill OUT from stdin; at the end of stdin, tell the server of CONN so. */
static void read_stdin(struct outgoing *out, int conn)
{
    ssize_t n = read(STDIN_FILENO, out->bytes, sizeof out->bytes);

    if (n == -1)
        err(1, "read");
    out->start = 0;
    out->end = (size_t)n;
    if (n == 0) {
        out->more = false;
        if (shutdown(conn, SHUT_WR) == -1) /* we can still receive */
            err(1, "shutdown");
    }
}

/* Print what has come back, at least a byte.  Returns how many bytes. */
static size_t print_echo(int conn)
{
    char buf[16384];
    ssize_t n = recv(conn, buf, sizeof buf, 0), written = 0;

    if (n == -1)
        err(1, "recv");
    if (n == 0)
        errx(1, "the server closed before everything had come back");
    for (ssize_t done = 0; done < n; done += written) {
        written = write(STDOUT_FILENO, buf + done, (size_t)(n - done));
        if (written == -1)
            err(1, "write");
    }
    return (size_t)n;
}

/* Copy stdin to CONN and what comes back to stdout, until all is back. */
static void converse(int conn)
{
    struct outgoing out = {.more = true};
    unsigned long long sent = 0, back = 0;

    while (out.more || out.start < out.end || back < sent) {
        bool some = out.start < out.end;
        struct pollfd fds[] = {
            {.fd = conn, .events = some ? POLLIN | POLLOUT : POLLIN},
            {.fd = out.more && !some ? STDIN_FILENO : -1, .events = POLLIN},
        };
        if (poll(fds, 2, -1) == -1)
            err(1, "poll");
        if (fds[0].revents & ~POLLOUT)
            back += print_echo(conn);
        if (fds[0].revents & POLLOUT) {
            /* MSG_DONTWAIT: take what there is room for, rather than block */
            ssize_t n = send(conn, out.bytes + out.start, out.end - out.start,
                             MSG_DONTWAIT);
            if (n == -1 && errno != EAGAIN)
                err(1, "send");
            if (n > 0) {
                out.start += (size_t)n;
                sent += (size_t)n;
            }
        }
        if (fds[1].revents)
            read_stdin(&out, conn);
    }
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: client [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    signal(SIGPIPE, SIG_IGN); /* if the server is gone, let send() fail */

    int conn = connect_to(host, port);
    converse(conn);
    close(conn);
}
