/* client.c of 05-udp in another style: the socket is not connected, so the
 * kernel never tells that nobody is there, and the client itself compares who
 * sent what comes.  SO_RCVTIMEO, set anew before each recvfrom(), limits the
 * wait. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

static struct sockaddr_storage server;
static socklen_t server_len;

static void die(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

static long long micros(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int is_server(const struct sockaddr_storage *who) {
    const struct sockaddr_in *a = (const void *)&server, *b = (const void *)who;
    const struct sockaddr_in6 *c = (const void *)&server, *d = (const void *)who;

    if (server.ss_family != who->ss_family) return 0;
    if (server.ss_family == AF_INET)
        return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
    return c->sin6_port == d->sin6_port && !memcmp(&c->sin6_addr, &d->sin6_addr, sizeof c->sin6_addr);
}

static int answered(int s, const char *line, size_t len) {
    static char answer[70000];
    long long end = micros() + 1000000, left;

    while ((left = end - micros()) > 0) {
        struct timeval limit = {.tv_sec = left / 1000000, .tv_usec = left % 1000000};
        struct sockaddr_storage who;
        socklen_t who_len = sizeof who;
        if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0) die("client: setsockopt");
        ssize_t n = recvfrom(s, answer, sizeof answer, 0, (struct sockaddr *)&who, &who_len);
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) die("client: recvfrom");
        if (n >= 0 && (size_t)n == len && is_server(&who) && !memcmp(answer, line, len)) return 1;
    }
    return 0;
}

static void exchange(int s, char *line, size_t len) {
    for (int left = 3; left > 0; left--) {
        if (sendto(s, line, len, 0, (struct sockaddr *)&server, server_len) < 0) die("client: sendto");
        if (answered(s, line, len)) {
            fwrite(line, 1, len, stdout);
            puts("");
            return;
        }
        fprintf(stderr, "client: nothing for a second\n");
    }
    fputs("client: nobody there\n", stderr);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
    const char *port = argc > 2 ? argv[2] : "65432";
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *ai;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    int bad = argc > 3 || *port == '\0' || strlen(port) > 5 || atoi(port) > 65535;

    for (const char *c = port; *c; c++) bad |= *c < '0' || *c > '9';
    if (bad) return fputs("usage: client [HOST [PORT]]\n", stderr), 2;
    int error = getaddrinfo(argc > 1 ? argv[1] : "127.0.0.1", port, &hints, &ai);
    if (error) {
        fprintf(stderr, "client: getaddrinfo: %s\n", gai_strerror(error));
        exit(1);
    }
    memcpy(&server, ai->ai_addr, server_len = ai->ai_addrlen);
    int s = socket(ai->ai_family, SOCK_DGRAM, 0);
    if (s < 0) die("client: socket");
    freeaddrinfo(ai);
    while ((n = getline(&line, &room, stdin)) > 0) exchange(s, line, (size_t)n - (line[n - 1] == '\n'));
    free(line);
    return 0;
}
