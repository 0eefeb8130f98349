/*
 * client.c - join a chat room: send stdin, and print what the others say.
 *
 *     cc -o client client.c
 *     ./client NAME [HOST [PORT]]         (default: 127.0.0.1 65432)
 *
 * New since lesson 04: what arrives is not an echo of what we send, so only the
 * server knows when it is complete.  See also: server.c.
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

/* What we have to send.  bytes[start] to bytes[end - 1] are unsent. */
struct input {
    char bytes[16384];
    size_t start, end;
    bool ended; /* stdin is at its end, and we have half-closed */
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
static void send_input(struct input *in, int conn)
{
    /* MSG_DONTWAIT: take what there is room for, rather than wait. */
    ssize_t n =
        send(conn, in->bytes + in->start, in->end - in->start, MSG_DONTWAIT);

    if (n == -1 && errno != EAGAIN)
        err(1, "send");
    if (n > 0)
        in->start += (size_t)n;
}

/*
 * Print what has arrived from CONN.  Returns false at the end of file.  Exits
 * if something fails.
 */
static bool print_arrived(int conn)
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
    return n > 0;
}

/*
 * Send NAME and then stdin to CONN, and print what arrives, until the server
 * closes.  Exits if it does so before the end of stdin.
 */
static void chat(const char *name, int conn)
{
    struct input in = {.ended = false};

    in.end = (size_t)snprintf(in.bytes, sizeof in.bytes, "%s\n", name);
    for (;;) {
        bool unsent = in.start < in.end;
        struct pollfd fds[] = {
            {.fd = conn, .events = unsent ? POLLIN | POLLOUT : POLLIN},
            {.fd = in.ended || unsent ? -1 : STDIN_FILENO, .events = POLLIN},
        };
        if (poll(fds, 2, -1) == -1)
            err(1, "poll");
        if ((fds[0].revents & ~POLLOUT) && !print_arrived(conn))
            break;
        if (fds[0].revents & POLLOUT)
            send_input(&in, conn);
        if (fds[1].revents)
            read_stdin(&in, conn);
    }
    if (!in.ended)
        errx(1, "the server closed before the end of the input");
}

int main(int argc, char *argv[])
{
    if (argc < 2 || argc > 4)
        errx(2, "usage: client NAME [HOST [PORT]]");
    const char *name = argv[1];
    const char *host = argc > 2 ? argv[2] : "127.0.0.1";
    const char *port = argc > 3 ? argv[3] : "65432";
    check_port(port);
    if (strlen(name) > 1000)
        errx(2, "a name of more than 1000 bytes");

    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */

    int conn = connect_to(host, port);
    if (conn <= STDERR_FILENO) /* or we would take our socket for stdin */
        errx(1, "stdin, stdout and stderr must be open");
    chat(name, conn);
    close(conn);
}
