/*
 * server.c of 07-partial-send in another style: sendfile() from a file in memory
 * (memfd_create()), and SIGUSR1 through signalfd() and poll(), on a socket that
 * never blocks.  Linux only.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 64 << 20 }; /* bytes; whoever asks for more gets none */

static int signals; /* SIGUSR1 is read here */

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

/* Take the signals that wait; returns whether there was one. */
static bool take_signals(void)
{
    struct signalfd_siginfo info;
    bool any = false;

    while (read(signals, &info, sizeof info) > 0)
        any = true;
    return any;
}

/* Send the first LEN bytes of FILE.  Returns how many calls it took, or -1. */
static long send_counted(int conn, int file, size_t len)
{
    struct pollfd fds[] = {{.fd = conn, .events = POLLOUT},
                           {.fd = signals, .events = POLLIN}};
    off_t sent = 0;
    long calls = 0;

    take_signals();
    fcntl(conn, F_SETFL, O_NONBLOCK);
    while ((size_t)sent < len) {
        if (poll(fds, 2, -1) == -1)
            return -1;
        if (fds[1].revents && take_signals())
            fprintf(stderr, "sent %lld of %zu bytes\n", (long long)sent, len);
        if (!fds[0].revents)
            continue;
        ssize_t n = sendfile(conn, file, &sent, len - (size_t)sent);
        if (n == -1 && errno != EAGAIN && errno != EINTR)
            return -1;
        calls += n > 0;
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
    static int file = -1;
    static size_t made;
    uint64_t count;

    if (read_count(conn, &count) == -1 || count > MOST) {
        warnx("a client did not ask for 0 to %d bytes", MOST);
        return;
    }
    if (file == -1)
        file = memfd_create("answer", 0);
    for (; made < count; made += 251 * 251) {
        char part[251 * 251];
        for (size_t i = 0; i < sizeof part; i++)
            part[i] = (char)(i % 251);
        if (write(file, part, sizeof part) != sizeof part)
            err(1, "write");
    }
    long calls = send_counted(conn, file, (size_t)count);
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
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    signals = signalfd(-1, &usr1, SFD_NONBLOCK);

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
