/*
 * client.c of 06-unix-domain in another style: it ends when the server has closed,
 * as the server does after our half-close.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What was read from stdin and not sent yet: bytes[start] to bytes[end - 1]. */
struct outgoing {
    char bytes[16384];
    size_t start, end;
    bool more; /* stdin has not ended */
};

/* Return PATH as a socket address, or end the program if it cannot be one. */
static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    if (len == 0)
        errx(2, "the path is empty");
    if (len >= sizeof addr.sun_path)
        errx(1, "%s: a socket's path has at most %zu bytes, this one has %zu",
             path, sizeof addr.sun_path - 1, len);
    memcpy(addr.sun_path, path, len + 1);
    return addr;
}

/* Return a new socket that is connected to the server at PATH. */
static int connect_at(const char *path)
{
    struct sockaddr_un addr = address_of(path);
    int conn = socket(AF_UNIX, SOCK_STREAM, 0);

    if (conn == -1)
        err(1, "socket");
    if (connect(conn, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(1, "connect %s", path);
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
static size_t print_echo(int conn, bool *ended)
{
    char buf[16384];
    ssize_t n = recv(conn, buf, sizeof buf, 0), written = 0;

    if (n == -1)
        err(1, "recv");
    *ended = n == 0;
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
    bool ended = false;

    while (!ended) {
        bool some = out.start < out.end;
        struct pollfd fds[] = {
            {.fd = conn, .events = some ? POLLIN | POLLOUT : POLLIN},
            {.fd = out.more && !some ? STDIN_FILENO : -1, .events = POLLIN},
        };
        if (poll(fds, 2, -1) == -1)
            err(1, "poll");
        if (fds[0].revents & ~POLLOUT)
            back += print_echo(conn, &ended);
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
    if (out.more || out.start < out.end || back < sent)
        errx(1, "the server closed before it had sent back everything");
}

int main(int argc, char *argv[])
{
    if (argc > 2)
        errx(2, "usage: client [PATH]");

    signal(SIGPIPE, SIG_IGN); /* if the server is gone, let send() fail */

    int conn = connect_at(argc > 1 ? argv[1] : "echo.sock");
    converse(conn);
    close(conn);
}
