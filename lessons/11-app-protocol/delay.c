/*
 * delay.c - measure how long a request takes, depending on how it is sent.
 *
 *     cc -o delay delay.c
 *     ./delay [HOST [PORT]]               (default: 127.0.0.1 65432)
 *
 * It sends PING to a server that speaks RESP2.  See also: server.c; tcp(7).
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUESTS = 50 };
enum { CUT = 4 }; /* bytes of the first send, if there are two */

static const char request[] = "*1\r\n$4\r\nPING\r\n", reply[] = "+PONG\r\n";

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

/* Send LEN bytes.  Exits if that fails. */
static void send_piece(int conn, const char *bytes, size_t len)
{
    if (send_all(conn, bytes, len) == -1)
        err(1, "send");
}

/* Receive COUNT replies.  Exits if they do not arrive. */
static void receive_replies(int conn, size_t count)
{
    char buf[4096];

    for (size_t left = count * strlen(reply); left > 0;) {
        ssize_t n = recv(conn, buf, left < sizeof buf ? left : sizeof buf, 0);
        if (n == -1)
            err(1, "recv");
        if (n == 0)
            errx(1, "the server has closed the connection");
        left -= (size_t)n;
    }
}

/* Return the milliseconds of a clock that nobody can set. */
static double milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/*
 * Send REQUESTS requests, each in two sends if CUT_THEM is true, and wait for
 * the replies after every AT_A_TIME of them.  Prints how long a request took.
 */
static void time_requests(int conn, bool cut_them, int at_a_time)
{
    size_t cut = cut_them ? CUT : 0;
    double start = milliseconds();

    for (int i = 0; i < REQUESTS; i += at_a_time) {
        for (int j = 0; j < at_a_time; j++) {
            if (cut_them)
                send_piece(conn, request, cut);
            send_piece(conn, request + cut, strlen(request) - cut);
        }
        receive_replies(conn, (size_t)at_a_time);
    }
    printf("%3d at a time, %s: %.3f ms for each request\n", at_a_time,
           cut_them ? "in two sends" : "in one send",
           (milliseconds() - start) / REQUESTS);
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: delay [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    int conn = connect_to(host, port), on = 1;
    time_requests(conn, false, 1);
    time_requests(conn, true, 1);
    time_requests(conn, true, 10);
    printf("With TCP_NODELAY:\n");
    if (setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1)
        err(1, "setsockopt");
    time_requests(conn, true, 1);
    time_requests(conn, true, 10);
}
