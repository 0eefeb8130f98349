/*
 * server.c of 04-echo in another style: edge-triggered epoll, which is told once
 * that something has arrived, so each socket is drained.  SIGINT and SIGTERM end
 * it in their handler.  Linux only.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void leave(int signo)
{
    (void)signo;
    _exit(0);
}

static int open_listener(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *ai;
    int yes = 1, error = getaddrinfo(*host ? host : NULL, port, &hints, &ai);
    if (error)
        errx(1, "getaddrinfo: %s", gai_strerror(error));
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    ai->ai_protocol);
    if (fd == -1)
        err(1, "socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1)
        err(1, "setsockopt");
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == -1)
        err(1, "bind");
    if (listen(fd, 1) == -1)
        err(1, "listen");
    freeaddrinfo(ai);
    return fd;
}

static void announce(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    int error = getnameinfo((struct sockaddr *)&addr, len, host, sizeof host,
                            port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    if (error)
        errx(1, "getnameinfo: %s", gai_strerror(error));
    printf(addr.ss_family == AF_INET6 ? "listening on [%s]:%s\n"
                                      : "listening on %s:%s\n",
           host, port);
    fflush(stdout);
}

/* Send all LEN bytes, and let the others wait for that.  Returns 0 or -1. */
static int send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (n == -1 && errno == EAGAIN)
            poll(&room, 1, -1);
        else if (n == -1 && errno != EINTR)
            return -1;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

/* Send back all that is there.  Returns 0, or -1 at the end. */
static int drain(int fd)
{
    char bytes[3000];

    for (;;) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n == -1 && errno == EAGAIN)
            return 0;
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0 || send_all(fd, bytes, (size_t)n) == -1)
            return -1;
    }
}

int main(int argc, char **argv)
{
    const char *port = argc > 2 ? argv[2] : "65432";
    if (argc > 3 || *port == '\0' || port[strspn(port, "0123456789")] ||
        strtoull(port, NULL, 10) > 65535)
        errx(2, "usage: server [HOST [PORT]]");
    struct sigaction action = {.sa_handler = leave};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    int listener = open_listener(argc > 1 ? argv[1] : "127.0.0.1", port);
    int ep = epoll_create1(EPOLL_CLOEXEC), retry = -1;
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.fd = listener};
    if (ep == -1 || epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e) == -1)
        err(1, "epoll");
    announce(listener);
    for (;;) {
        int n = epoll_wait(ep, &e, 1, retry);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            err(1, "epoll_wait");
        if (n == 1 && e.data.fd != listener) {
            if (drain(e.data.fd) == -1)
                close(e.data.fd);
            continue;
        }
        int fd;
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) != -1) {
            e = (struct epoll_event){.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                     .data.fd = fd};
            if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == -1)
                close(fd);
        }
        retry = errno == EAGAIN ? -1 : 300; /* no descriptor: try again then */
    }
}
