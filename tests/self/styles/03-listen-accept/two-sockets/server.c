/* server.c of 03-listen-accept in another style: the wildcard is two sockets,
 * one for IPv4 and one for IPv6; it wants many descriptors, thinks for a while
 * before it listens, counts aloud, remembers its last 2000 peers, lingers when
 * it closes, and its handler has the last word. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS = 2000 };

static struct pollfd listeners[2];
static char *peers[PEERS];

static void end(int signo) {
    const char word[] = "that was all\n";
    if (write(1, word, sizeof word - 1) < 0) signo = 0;
    _exit(64 + signo);
}

static _Noreturn void failed(const char *call) {
    dprintf(2, "%s() says: %s\n", call, strerror(errno));
    exit(1);
}

/* a number from `least` to `most`, digits only, or the end */
static long number(const char *text, long least, long most) {
    long n = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && n <= most; p++) n = 10 * n + *p - '0';
    if (p == text || *p || n < least || n > most) {
        dprintf(2, "%s? from %ld to %ld, please\n", text, least, most);
        exit(2);
    }
    return n;
}

static char *name(const struct sockaddr *a, socklen_t len) {
    char h[NI_MAXHOST], p[NI_MAXSERV], *text = NULL;
    if (getnameinfo(a, len, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV) != 0) failed("getnameinfo");
    if (asprintf(&text, strchr(h, ':') ? "[%s]:%s" : "%s:%s", h, p) < 0) failed("malloc");
    return text;
}

static int bound(const struct sockaddr *a, socklen_t len) {
    int s = socket(a->sa_family, SOCK_STREAM, 0), on = 1;
    if (s < 0) return -1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->sa_family == AF_INET6) setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(s, a, len) < 0) {
        int error = errno;
        close(s);
        errno = error;
        return -1;
    }
    return s;
}

static void every_address(int port) {
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    socklen_t len = sizeof four;
    listeners[0].fd = bound((struct sockaddr *)&four, len);
    if (listeners[0].fd < 0) failed("bind");
    getsockname(listeners[0].fd, (struct sockaddr *)&four, &len);
    six.sin6_port = four.sin_port;
    listeners[1].fd = bound((struct sockaddr *)&six, sizeof six); /* -1: then without */
}

static void one_address(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *a;
    int error = getaddrinfo(host, port, &hints, &a);
    if (error) {
        dprintf(2, "%s: %s\n", host, gai_strerror(error));
        exit(1);
    }
    listeners[0].fd = bound(a->ai_addr, a->ai_addrlen);
    if (listeners[0].fd < 0) failed("bind");
    listeners[1].fd = -1;
    freeaddrinfo(a);
}

static void serve(int listener) {
    static unsigned count;
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    struct linger wait = {1, 2};
    int conn = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
    if (conn < 0) {
        poll(NULL, 0, 200); /* no descriptor is free, perhaps */
        return;
    }
    free(peers[count % PEERS]);
    peers[count % PEERS] = name((struct sockaddr *)&peer, len);
    dprintf(1, "accepted %s\naccepted so far: %u\n", peers[count % PEERS], count + 1);
    count++;
    setsockopt(conn, SOL_SOCKET, SO_LINGER, &wait, sizeof wait);
    shutdown(conn, SHUT_RDWR);
    close(conn);
}

int main(int argc, char **argv) {
    const char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432";
    struct rlimit limit = {512, 0};
    struct sockaddr_storage self;
    socklen_t len = sizeof self;

    if (argc > 4) return dprintf(2, "too many words\n"), 2;
    long number_of_port = number(port, 0, 65535);
    long backlog = argc > 3 ? number(argv[3], 1, INT_MAX) : SOMAXCONN;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 512;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) failed("setrlimit");
    if (*host) one_address(host, port);
    else every_address((int)number_of_port);
    usleep(200000);
    for (int i = 0; i < 2; i++)
        if (listeners[i].fd >= 0 && listen(listeners[i].fd, (int)backlog) < 0) failed("listen");

    signal(SIGINT, end);
    signal(SIGTERM, end);
    getsockname(listeners[0].fd, (struct sockaddr *)&self, &len);
    dprintf(1, "[server] listening on %s\naccepted so far: 0\n", name((struct sockaddr *)&self, len));
    for (;;) {
        listeners[0].events = listeners[1].events = POLLIN;
        if (poll(listeners, 2, 5000) > 0)
            for (int i = 0; i < 2; i++)
                if (listeners[i].revents) serve(listeners[i].fd);
    }
}
