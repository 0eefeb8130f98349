/*
 * server.c - send as many bytes as a client asks for, and lose none of them.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * The client says how many in 8 bytes, the most significant first.  Byte i is
 * i mod 251.  kill -USR1 shows how far it is.  See also: naive.c, client.c.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 64 << 20 }; /* bytes; whoever asks for more gets none */

/* What on_usr1() needs and leaves: where we send to, or -1; that it ran. */
static volatile sig_atomic_t sending = -1, asked;

/* Print ADDR (of LEN bytes) in numbers: 127.0.0.1:80 or [::1]:80. */
static void print_address(const struct sockaddr *addr, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int error = getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);

    if (error)
        errx(1, "getnameinfo: %s", gai_strerror(error));
    printf(addr->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Print the address that SOCK is bound to, which only the kernel knows. */
static void print_local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    print_address((struct sockaddr *)&addr, len);
}

/* Refuse what is no port.  (To glibc's getaddrinfo() 99999 is port 34463.) */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/*
 * Return a new TCP socket that listens on HOST and PORT, and lets about
 * BACKLOG clients wait until they are accepted.
 */
static int listen_on(const char *host, const char *port, int backlog)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *addr;
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &addr);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));

    /* A name may stand for several addresses: the first one is ours. */
    int listener = socket(addr->ai_family, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");

    /* Let a restarted server have its port back at once (see TIME_WAIT). */
    int on = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        err(1, "setsockopt");
    if (bind(listener, addr->ai_addr, addr->ai_addrlen) == -1)
        err(1, "bind %s %s", host, port);
    if (listen(listener, backlog) == -1)
        err(1, "listen");
    freeaddrinfo(addr);
    return listener;
}

/*
 * Have send() return, so that send_counted() can say how far it is.  One that
 * waits is interrupted; one that is about to begin must not wait either, and
 * O_NONBLOCK sees to that.
 */
static void on_usr1(int signo)
{
    int error = errno; /* which fcntl() may change */

    asked = signo;
    if (sending != -1)
        fcntl(sending, F_SETFL, fcntl(sending, F_GETFL) | O_NONBLOCK);
    errno = error;
}

/* Send the LEN bytes of BUF.  Returns how many calls it took, or -1 (errno). */
static long send_counted(int conn, const char *buf, size_t len)
{
    size_t sent = 0;
    long calls = 0;

    for (; sent < len; calls++) {
        ssize_t n = send(conn, buf + sent, len - sent, 0);
        if (n == -1 && errno != EINTR && errno != EAGAIN)
            return -1;
        if (n != -1)
            sent += (size_t)n;
        while (asked) { /* on_usr1() may run again meanwhile */
            asked = 0;
            fcntl(conn, F_SETFL, fcntl(conn, F_GETFL) & ~O_NONBLOCK);
            fprintf(stderr, "sent %zu of %zu bytes\n", sent, len);
        }
    }
    return calls;
}

/* Read the 8 bytes of COUNT.  Returns 0, or -1 if the client left before. */
static int read_count(int conn, uint64_t *count)
{
    unsigned char header[8];
    size_t got = 0;

    while (got < sizeof header) {
        ssize_t n = recv(conn, header + got, sizeof header - got, 0);
        if (n == 0 || (n == -1 && errno != EINTR))
            return -1; /* end of file, or the client is lost */
        if (n > 0)
            got += (size_t)n;
    }
    *count = 0;
    for (size_t i = 0; i < sizeof header; i++)
        *count = *count << 8 | header[i];
    return 0;
}

/* Send what the client asks for. */
static void answer(int conn)
{
    static char data[MOST]; /* `made` bytes of the answer to all */
    static size_t made;
    uint64_t count;

    if (read_count(conn, &count) == -1 || count > MOST) {
        warnx("a client did not ask for 0 to %d bytes", MOST);
        return;
    }
    for (; made < count; made++)
        data[made] = (char)(made % 251);

    asked = 0;
    sending = conn;
    long calls = send_counted(conn, data, (size_t)count);
    sending = -1;
    if (calls == -1)
        warn("lost the client");
    else
        printf("sent %zu bytes in %ld calls of send()\n", (size_t)count, calls);
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: server [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen as soon as it is said */
    signal(SIGPIPE, SIG_IGN); /* if the peer is gone, let send() fail */
    struct sigaction usr1 = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};
    if (sigaction(SIGUSR1, &usr1, NULL) == -1)
        err(1, "sigaction");

    int listener = listen_on(host, port, SOMAXCONN);
    printf("listening on ");
    print_local_address(listener);
    printf("\n");
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (conn == -1 && errno == ECONNABORTED)
            continue; /* it left while it waited; the next one need not */
        if (conn == -1) {
            warn("accept");
            sleep(1); /* no descriptor free, say: that may pass */
            continue;
        }
        answer(conn);
        close(conn);
    }
}
