/*
 * ratio.c - time the same conversation over TCP and over a unix-domain socket.
 *
 *     cc -o ratio ratio.c
 *     ./ratio [BYTES]                     (default: 1)
 *
 * The parent sends BYTES bytes to a child, which echoes them, and waits until
 * they are back, again and again: over TCP on loopback and over a pair of
 * unix-domain sockets, in turn.  The best of ten rounds counts: the other
 * work of the machine can only make a round slower.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 10, TIMES = 2000, MOST = 16384 };

/* Store the two ends of a TCP connection in ENDS.  Exits if that fails. */
static void tcp_pair(int ends[2])
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof addr;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 || ends[0] == -1)
        err(1, "socket");
    if (bind(listener, (struct sockaddr *)&addr, len) == -1 ||
        listen(listener, 1) == -1 ||
        getsockname(listener, (struct sockaddr *)&addr, &len) == -1)
        err(1, "listen");
    if (connect(ends[0], (struct sockaddr *)&addr, len) == -1)
        err(1, "connect");
    ends[1] = accept(listener, NULL, NULL);
    if (ends[1] == -1)
        err(1, "accept");
    close(listener);
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
 * Send back every byte that arrives from CONN, until the peer has finished
 * sending.  If the connection is lost, prints a warning and returns.
 */
static void echo(int conn)
{
    char buf[16384];
    ssize_t n;

    while ((n = recv(conn, buf, sizeof buf, 0)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 || send_all(conn, buf, (size_t)n) == -1) {
            warn("lost the client");
            return;
        }
    }
}

/* Start a child that echoes on ENDS[1], and close that end here. */
static void start_echo(int ends[2])
{
    pid_t child = fork();

    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(ends[0]);
        echo(ends[1]);
        _exit(0);
    }
    close(ends[1]);
}

/* Send LEN bytes over CONN, and wait for their echo.  Exits if it fails. */
static void there_and_back(int conn, size_t len)
{
    static char buf[MOST];

    if (send_all(conn, buf, len) == -1)
        err(1, "send");
    while (len > 0) {
        ssize_t n = recv(conn, buf, len, 0);
        if (n == -1)
            err(1, "recv");
        if (n == 0)
            errx(1, "the echo ended too early");
        len -= (size_t)n;
    }
}

/* Return how many microseconds LEN bytes take, there and back, on average. */
static double measure(int conn, size_t len)
{
    struct timespec start, end;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < TIMES; i++)
        there_and_back(conn, len);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((double)(end.tv_sec - start.tv_sec) * 1e6 +
            (double)(end.tv_nsec - start.tv_nsec) / 1e3) /
           TIMES;
}

/* Return TEXT as a number.  Exits if it is not one of at most nine digits. */
static int number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 9 || text[digits] != '\0')
        errx(2, "%s: not a number", text);
    return atoi(text);
}

int main(int argc, char *argv[])
{
    size_t len = argc > 1 ? (size_t)number(argv[1]) : 1;
    int tcp[2], domain[2];
    double best_tcp = 1e9, best_domain = 1e9;

    if (argc > 2 || len < 1 || len > MOST)
        errx(2, "usage: ratio [BYTES] (1 to %d)", MOST);
    tcp_pair(tcp);
    start_echo(tcp);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, domain) == -1)
        err(1, "socketpair");
    start_echo(domain);

    for (int i = 0; i < ROUNDS; i++) {
        double t = measure(tcp[0], len), d = measure(domain[0], len);
        best_tcp = t < best_tcp ? t : best_tcp;
        best_domain = d < best_domain ? d : best_domain;
    }
    printf("%zu byte%s there and back: ", len, len == 1 ? "" : "s");
    printf("TCP %.1f us, AF_UNIX %.1f us, ratio %.1f\n", best_tcp, best_domain,
           best_tcp / best_domain);
}
