/*
** server.c of 08-many-clients in another style, that of an old guide: select()
** with a master set, whose copy it overwrites; clients are known by their
** descriptor alone, read() and write(); a client beyond the set is turned away.
*/
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFSIZE 256

static void fail(const char *what)
{
    fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* make a listening socket, and print where it is */
static int get_listener(const char *host, const char *port)
{
    struct addrinfo hints, *ai, *p;
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    char h[80], s[8];
    int rv, fd = -1, yes = 1;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    if ((rv = getaddrinfo(*host ? host : NULL, port, &hints, &ai)) != 0) {
        fprintf(stderr, "server: getaddrinfo: %s\n", gai_strerror(rv));
        exit(1);
    }
    for (p = ai; p != NULL; p = p->ai_next) {
        fd = socket(p->ai_family, p->ai_socktype, p->ai_protocol);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(fd, p->ai_addr, p->ai_addrlen) == 0)
            break;
        if (p->ai_next == NULL)
            fail("bind");
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        fail("socket");
    freeaddrinfo(ai);
    if (listen(fd, 0) == -1)
        fail("listen");

    if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
        fail("getsockname");
    rv = getnameinfo((struct sockaddr *)&ss, len, h, sizeof h, s, sizeof s,
                     NI_NUMERICHOST | NI_NUMERICSERV);
    if (rv != 0) {
        fprintf(stderr, "server: getnameinfo: %s\n", gai_strerror(rv));
        exit(1);
    }
    printf(ss.ss_family == AF_INET6 ? "listening on [%s]:%s\n"
                                    : "listening on %s:%s\n",
           h, s);
    fflush(stdout);
    return fd;
}

/* 1: go on; 0: this client has finished, or is lost */
static int handle(int fd)
{
    char buf[BUFSIZE];
    ssize_t n, m;
    char *p;

    if ((n = read(fd, buf, sizeof buf)) <= 0)
        return n < 0 && errno == EINTR;
    for (p = buf; n > 0; p += m, n -= m) {
        m = write(fd, p, (size_t)n);
        if (m < 0 && errno == EINTR)
            m = 0;
        else if (m < 0)
            return 0;
    }
    return 1;
}

int main(int argc, char *argv[])
{
    fd_set master, read_fds;
    int fdmax, listener, i, newfd;
    const char *port = argc > 2 ? argv[2] : "65432";

    if (argc > 3 || *port == '\0' || strspn(port, "0123456789") != strlen(port) ||
        strtoul(port, NULL, 10) > 65535) {
        fprintf(stderr, "usage: server [host [port]]\n");
        exit(2);
    }
    signal(SIGPIPE, SIG_IGN);

    listener = get_listener(argc > 1 ? argv[1] : "127.0.0.1", port);
    FD_ZERO(&master);
    FD_SET(listener, &master);
    fdmax = listener;

    for (;;) {
        struct timeval tv;

        read_fds = master;
        tv.tv_sec = 60;
        tv.tv_usec = 0;
        if (select(fdmax + 1, &read_fds, NULL, NULL, &tv) == -1) {
            if (errno != EINTR)
                fail("select");
            continue;
        }
        for (i = 0; i <= fdmax; i++) {
            if (!FD_ISSET(i, &read_fds))
                continue;
            if (i != listener) {
                if (!handle(i)) {
                    close(i);
                    FD_CLR(i, &master);
                }
                continue;
            }
            newfd = accept(listener, NULL, NULL);
            if (newfd == -1) {
                perror("server: accept");
                sleep(1);
            } else if (newfd >= FD_SETSIZE) {
                fprintf(stderr, "server: too many clients\n");
                close(newfd);
            } else {
                FD_SET(newfd, &master);
                if (newfd > fdmax)
                    fdmax = newfd;
            }
        }
    }
}
