/* server.c of 05-udp in another style: recvmsg() and sendmsg() with one msghdr,
 * on a non-blocking socket that poll() watches; the empty host is the IPv6
 * wildcard address where there is IPv6, and takes IPv4 too. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
} address;

static void die(const char *call) {
    fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
    exit(EXIT_FAILURE);
}

static const char *text(const address *a) {
    static char out[100];
    char host[INET6_ADDRSTRLEN];

    if (a->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr)) {
        inet_ntop(AF_INET, (const char *)&a->v6.sin6_addr + 12, host, sizeof host);
        snprintf(out, sizeof out, "%s:%d", host, ntohs(a->v6.sin6_port));
    } else if (a->any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a->v6.sin6_addr, host, sizeof host);
        snprintf(out, sizeof out, "[%s]:%d", host, ntohs(a->v6.sin6_port));
    } else {
        inet_ntop(AF_INET, &a->v4.sin_addr, host, sizeof host);
        snprintf(out, sizeof out, "%s:%d", host, ntohs(a->v4.sin_port));
    }
    return out;
}

static int bound(const char *host, const char *port) {
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_protocol = IPPROTO_UDP}, *list;
    int s = -1, why;

    if (*host == '\0') {
        hints.ai_family = AF_INET6;
        host = "::";
        if ((s = socket(AF_INET6, SOCK_DGRAM, 0)) < 0) hints.ai_family = AF_INET, host = "0.0.0.0";
        else close(s);
    }
    if ((why = getaddrinfo(host, port, &hints, &list)) != 0) {
        fprintf(stderr, "server: getaddrinfo: %s\n", gai_strerror(why));
        exit(EXIT_FAILURE);
    }
    if ((s = socket(list->ai_family, list->ai_socktype, list->ai_protocol)) < 0) die("socket");
    if (list->ai_family == AF_INET6) {
        int off = 0;
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(s, list->ai_addr, list->ai_addrlen) < 0) die("bind");
    freeaddrinfo(list);
    return s;
}

int main(int argc, char **argv) {
    const char *port = argc > 2 ? argv[2] : "65432";
    char *bytes = malloc(1 << 16), *rest;
    address here, peer;
    socklen_t len = sizeof here;

    if (argc > 3 || !bytes) return fputs("usage: server [HOST [PORT]]\n", stderr), 2;
    long n = strtol(port, &rest, 10);
    if (*port < '0' || *port > '9' || *rest || n > 65535) {
        fprintf(stderr, "server: what port is %s?\n", port);
        return 2;
    }
    int s = bound(argc > 1 ? argv[1] : "127.0.0.1", port);
    fcntl(s, F_SETFL, fcntl(s, F_GETFL) | O_NONBLOCK);
    if (getsockname(s, &here.any, &len) < 0) die("getsockname");
    dprintf(1, "bound to %s\n", text(&here));

    for (struct pollfd p = {s, POLLIN, 0}; poll(&p, 1, -1) >= 0 || errno == EINTR;) {
        struct iovec io = {bytes, 1 << 16};
        struct msghdr m = {.msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &io, .msg_iovlen = 1};
        ssize_t got = recvmsg(s, &m, 0);
        if (got < 0 || m.msg_flags & MSG_TRUNC) continue;
        io.iov_len = (size_t)got;
        m.msg_flags = 0;
        while (sendmsg(s, &m, 0) < 0) {
            if (errno != EAGAIN) break;
            poll(&(struct pollfd){s, POLLOUT, 0}, 1, -1);
        }
        dprintf(1, "%ld bytes from %s\n", (long)got, text(&peer));
    }
    die("poll");
}
