/*
 * client.c of 04-echo in another style: no byte of the echo ever comes into the
 * program.  splice() moves it from the socket to stdout, if that is a pipe; the
 * child sends, the parent receives until the server closes.  Linux only.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the child tells the parent, in memory that both share. */
static struct {
    unsigned long long sent;
    int all; /* it was the last */
} *told;

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
    int sock = -1, why = 0, error = getaddrinfo(host, port, &hints, &all);

    if (error != 0)
        errx(1, "getaddrinfo: %s", gai_strerror(error));
    for (struct addrinfo *a = all; a; a = a->ai_next) {
        sock = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (sock == -1)
            err(1, "socket");
        if (connect(sock, a->ai_addr, a->ai_addrlen) == 0)
            return sock;
        why = errno;
        close(sock);
    }
    errno = why;
    err(1, "connect");
}

/* The child's part: all of stdin goes out, then we half-close. */
static void transmit(int sock)
{
    char bytes[5000];
    ssize_t n;

    while ((n = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
        for (ssize_t at = 0, m; at < n; at += m) {
            m = send(sock, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
            if (m == -1)
                err(1, "send");
            told->sent += (unsigned long long)m;
        }
    if (n == -1)
        err(1, "read");
    told->all = 1;
    if (shutdown(sock, SHUT_WR) == -1)
        err(1, "shutdown");
}

/*
 * Move what has arrived at SOCK to stdout.  Returns how much, 0 at its end.  (While
 * splice() waits for a socket nobody can read the pipe, so we wait before.)
 */
static ssize_t move(int sock)
{
    struct pollfd fd = {.fd = sock, .events = POLLIN};
    char bytes[5000];

    if (poll(&fd, 1, -1) == -1)
        return -1;
    ssize_t n = splice(sock, NULL, STDOUT_FILENO, NULL, 1 << 16, SPLICE_F_MOVE);

    if (n != -1 || errno != EINVAL)
        return n;
    n = read(sock, bytes, sizeof bytes); /* stdout is no pipe */
    for (ssize_t at = 0, m; at < n; at += m)
        if ((m = write(STDOUT_FILENO, bytes + at, (size_t)(n - at))) == -1)
            err(1, "write");
    return n;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    unsigned long long back = 0;
    ssize_t n;

    if (argc > 3 || strspn(port, "0123456789") != strlen(port) || !*port ||
        strtoull(port, NULL, 10) > 65535)
        errx(2, "usage: client [HOST [PORT]]");
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        err(1, "mmap");
    int sock = dial(host, port);
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        transmit(sock);
        return 0;
    }
    while ((n = move(sock)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            warn("splice");
        if (n == -1)
            break;
        back += (unsigned long long)n;
    }
    if (n == 0 && told->all && back == told->sent)
        return 0;
    kill(child, SIGKILL);
    errx(1, "the server closed before it had sent back everything");
}
