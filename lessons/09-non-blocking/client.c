/*
 * client.c - have many conversations with an echo server at the same time.
 *
 *     cc -o client client.c
 *     ./client [HOST [PORT [COUNT]]]      (default: 127.0.0.1 65432 2)
 *
 * It starts COUNT connections without waiting for any of them; poll() reports
 * what becomes of each.  See also: server.c; connect(2), under EINPROGRESS.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most descriptors that we use: the default of Linux's fs.nr_open. */
enum { MANY = 1 << 20 };

/* One connection: what we send, and how far we are. */
struct conversation {
    const struct addrinfo *addr; /* the address that we try */
    char text[80]; /* two messages of the same length */
    size_t len, sent, back; /* bytes: of the text, sent, received */
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

/* Return the number in TEXT.  Exits unless it is a number of connections. */
static size_t read_connections(const char *text)
{
    unsigned long count = strtoul(text, NULL, 10);

    if (text[strspn(text, "0123456789")] != '\0' || count < 1 || count > MANY)
        errx(2, "%s: not a number of connections (1 to %d)", text, MANY);
    return count;
}

/*
 * Raise our limit of descriptors as far as we may; most shells start us with
 * 1024.  If that fails, we go on with what we have.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "getrlimit");
    limit.rlim_cur = limit.rlim_max < MANY ? limit.rlim_max : MANY;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        warn("setrlimit");
}

/* Make FD non-blocking: no call on it ever waits.  Exits if that fails. */
static void set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL); /* F_SETFL sets all: keep the rest */

    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
}

/*
 * Start C's connection, with a new socket in FD, to ADDR.  If that fails
 * immediately, try the addresses after it in the list.  Exits after the last
 * one; ERROR is the error number of the attempt before this one.
 */
static void begin(struct pollfd *fd, const struct addrinfo *addr,
                  struct conversation *c, int error)
{
    const char *call = "connect";

    for (; addr; addr = addr->ai_next) {
        fd->fd = socket(addr->ai_family, SOCK_STREAM, 0);
        if (fd->fd == -1) {
            call = "socket";
            error = errno;
            continue;
        }
        set_nonblocking(fd->fd);
        fd->events = POLLOUT;
        c->addr = addr;
        if (connect(fd->fd, addr->ai_addr, addr->ai_addrlen) == 0 ||
            errno == EINPROGRESS)
            return;
        call = "connect";
        error = errno; /* close() may change it */
        close(fd->fd);
    }
    errno = error;
    err(1, "%s", call);
}

/*
 * Return how the attempt to connect CONN has ended: 0, or an error number.
 * Exits if the kernel does not say.
 */
static int result_of_connect(int conn)
{
    int error;
    socklen_t len = sizeof error;

    if (getsockopt(conn, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
        err(1, "getsockopt");
    return error;
}

/* Return the end of C's message: the second follows when the first is back. */
static size_t message_end(const struct conversation *c)
{
    return c->back < c->len / 2 ? c->len / 2 : c->len;
}

/* Send as much of C's message as there is room for.  Exits if that fails. */
static void send_message(int conn, struct conversation *c)
{
    ssize_t n = send(conn, c->text + c->sent, message_end(c) - c->sent, 0);

    if (n == -1 && errno != EAGAIN)
        err(1, "send");
    if (n > 0)
        c->sent += (size_t)n;
}

/*
 * Receive some of C's echo.  Exits if that fails, or if the bytes are not those
 * that C has sent.
 */
static void receive_echo(int conn, struct conversation *c)
{
    char buf[sizeof c->text];
    ssize_t n = recv(conn, buf, sizeof buf, 0);

    if (n == 0)
        errx(1, "the server closed before everything had been echoed");
    if (n == -1 && errno != EAGAIN)
        err(1, "recv");
    for (ssize_t i = 0; i < n; i++, c->back++)
        if (c->back == c->sent || buf[i] != c->text[c->back])
            errx(1, "the echo differs from what was sent");
}

/*
 * Take the next step of C, whose FD is ready.  When the whole text is back,
 * close the connection and set FD to -1.
 */
static void go_on(struct pollfd *fd, struct conversation *c)
{
    int error = c->sent == 0 ? result_of_connect(fd->fd) : 0;

    if (error) {
        close(fd->fd);
        begin(fd, c->addr->ai_next, c, error);
        return;
    }
    if (fd->events == POLLOUT)
        send_message(fd->fd, c);
    else
        receive_echo(fd->fd, c);
    fd->events = c->sent < message_end(c) ? POLLOUT : POLLIN;
    if (c->back == c->len) {
        close(fd->fd);
        fd->fd = -1; /* poll() passes over it */
    }
}

/*
 * Have COUNT conversations with the server at one of the addresses of LIST.
 * Returns how many bytes were echoed.  Exits if any of them fails.
 */
static size_t talk_to_all(const struct addrinfo *list, size_t count)
{
    struct pollfd *fds = calloc(count, sizeof *fds);
    struct conversation *all = calloc(count, sizeof *all);
    size_t echoed = 0;

    if (fds == NULL || all == NULL)
        err(1, "calloc");
    for (size_t i = 0; i < count; i++) {
        all[i].len = (size_t)snprintf(all[i].text, sizeof all[i].text,
                                      "message 1, client %04zu\n"
                                      "message 2, client %04zu\n",
                                      i + 1, i + 1);
        begin(&fds[i], list, &all[i], 0);
    }
    for (size_t open = count; open > 0;) {
        if (poll(fds, (nfds_t)count, -1) == -1)
            err(1, "poll");
        for (size_t i = 0; i < count; i++) {
            if (fds[i].revents == 0)
                continue;
            go_on(&fds[i], &all[i]);
            if (fds[i].fd == -1) {
                echoed += all[i].back;
                open--;
            }
        }
    }
    free(fds);
    free(all);
    return echoed;
}

int main(int argc, char *argv[])
{
    if (argc > 4)
        errx(2, "usage: client [HOST [PORT [COUNT]]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    size_t count = read_connections(argc > 3 ? argv[3] : "2");
    check_port(port);

    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */
    raise_descriptor_limit();

    struct addrinfo *list = resolve(host, port, 0);
    size_t echoed = talk_to_all(list, count);
    printf("%zu connections, %zu bytes echoed\n", count, echoed);
    freeaddrinfo(list);
}
