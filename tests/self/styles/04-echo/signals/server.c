/*
 * server.c of 04-echo in another style: one client at a time, and nothing waits
 * but sigwaitinfo(): the kernel tells by SIGIO that there is something to read,
 * or room to send.  Linux only.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
static sigset_t io;

/* From now on whatever happens to FD is told by SIGIO, and no call waits. */
static void tell_by_signal(int fd)
{
    if (fcntl(fd, F_SETOWN, getpid()) == -1 ||
        fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) == -1)
        err(1, "fcntl");
}

static void wait_for_signal(void)
{
    while (sigwaitinfo(&io, NULL) == -1 && errno == EINTR)
        ;
}

static void talk(int conn)
{
    char buf[3000];
    size_t start = 0, end = 0;

    for (;;) {
        ssize_t n = start < end ? send(conn, buf + start, end - start, 0)
                                : recv(conn, buf, sizeof buf, 0);
        if (n == -1 && errno == EAGAIN) {
            wait_for_signal();
        } else if (n == -1 || (n == 0 && start == end)) {
            return;
        } else if (start < end) {
            start += (size_t)n;
        } else {
            start = 0;
            end = (size_t)n;
        }
    }
}

static void serve(int listener)
{
    tell_by_signal(listener);
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (conn == -1) {
            wait_for_signal();
            continue;
        }
        tell_by_signal(conn);
        talk(conn);
        close(conn);
    }
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: server [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&io);
    sigaddset(&io, SIGIO);
    sigprocmask(SIG_BLOCK, &io, NULL);
    int listener = listen_on(host, port, SOMAXCONN);
    printf("listening on ");
    print_local_address(listener);
    printf("\n");
    serve(listener);
}
