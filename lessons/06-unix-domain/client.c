/*
 * client.c - send stdin to an echo server at a path, and print the echo.
 *
 *     cc -o client client.c
 *     ./client [PATH]                     (default: echo.sock)
 *
 * Once it is connected, it is the client of lesson 04.  Only the address is
 * different.  See also: server.c.
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

/* What we have read from stdin.  bytes[start] to bytes[end - 1] are unsent. */
struct input {
    char bytes[16384];
    size_t start, end;
    bool ended; /* stdin is at its end, and we have half-closed */
    unsigned long long sent;
};

/* Return PATH as a socket address.  Exits if it is empty or too long. */
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

/*
 * Return a new socket that is connected to the server at PATH.  Exits if that
 * fails.
 */
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

/*
 * Read the next bytes of stdin into IN, which has none left.  At the end of
 * stdin, half-close CONN.  Exits if either fails.
 */
static void read_stdin(struct input *in, int conn)
{
    ssize_t n = read(STDIN_FILENO, in->bytes, sizeof in->bytes);

    if (n == -1)
        err(1, "read");
    in->start = 0;
    in->end = (size_t)n;
    if (n == 0) {
        in->ended = true;
        if (shutdown(conn, SHUT_WR) == -1) /* we can still receive */
            err(1, "shutdown");
    }
}

/* Send as many of the unsent bytes of IN as fit.  Exits if that fails. */
static void send_some(struct input *in, int conn)
{
    /* MSG_DONTWAIT: take what there is room for, rather than wait. */
    ssize_t n =
        send(conn, in->bytes + in->start, in->end - in->start, MSG_DONTWAIT);

    if (n == -1 && errno != EAGAIN)
        err(1, "send");
    if (n > 0) {
        in->start += (size_t)n;
        in->sent += (size_t)n;
    }
}

/*
 * Print what has arrived from CONN.  Returns how many bytes it was, 0 at the
 * end of file.  Exits if something fails.
 */
static size_t print_echo(int conn)
{
    char buf[16384];
    ssize_t n = recv(conn, buf, sizeof buf, 0), written = 0;

    if (n == -1)
        err(1, "recv");
    for (ssize_t done = 0; done < n; done += written) {
        written = write(STDOUT_FILENO, buf + done, (size_t)(n - done));
        if (written == -1)
            err(1, "write");
    }
    return (size_t)n;
}

/*
 * Copy stdin to CONN, and the echo to stdout, until the server closes.  Exits
 * if it does so before everything has been echoed.
 */
static void converse(int conn)
{
    struct input in = {.ended = false};
    unsigned long long received = 0;

    for (;;) {
        bool unsent = in.start < in.end;
        struct pollfd fds[] = {
            {.fd = conn, .events = unsent ? POLLIN | POLLOUT : POLLIN},
            {.fd = in.ended || unsent ? -1 : STDIN_FILENO, .events = POLLIN},
        };
        if (poll(fds, 2, -1) == -1)
            err(1, "poll");
        if (fds[0].revents & ~POLLOUT) {
            size_t n = print_echo(conn);
            if (n == 0)
                break;
            received += n;
        }
        if (fds[0].revents & POLLOUT)
            send_some(&in, conn);
        if (fds[1].revents)
            read_stdin(&in, conn);
    }
    if (!in.ended)
        errx(1, "the server closed before the end of the input");
    if (received < in.sent)
        errx(1, "the server closed after %llu of %llu bytes", received,
             in.sent);
}

int main(int argc, char *argv[])
{
    if (argc > 2)
        errx(2, "usage: client [PATH]");
    const char *path = argc > 1 ? argv[1] : "echo.sock";

    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */

    int conn = connect_at(path);
    if (conn <= STDERR_FILENO) /* or we would take our socket for stdin */
        errx(1, "stdin, stdout and stderr must be open");
    converse(conn);
    close(conn);
}
