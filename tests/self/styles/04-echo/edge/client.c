/*
 * client.c of 04-echo in another style: a thread for each direction, and the main
 * one waits until the server closes, as most people write it.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_ullong sent;
static atomic_bool finished; /* stdin has ended, and all of it is sent */
static int sock = -1;

static void *upwards(void *unused)
{
    char bytes[1 << 15];
    ssize_t n, m;

    (void)unused;
    while ((n = read(0, bytes, sizeof bytes)) > 0)
        for (ssize_t at = 0; at < n; at += m) {
            m = send(sock, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
            if (m == -1)
                err(1, "send");
            sent += (unsigned long long)m;
        }
    if (n == -1)
        err(1, "read");
    finished = true;
    if (shutdown(sock, SHUT_WR) == -1)
        err(1, "shutdown");
    return NULL;
}

int main(int argc, char *argv[])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    unsigned long long back = 0;
    char bytes[1 << 15];
    pthread_t thread;
    int error;
    ssize_t n, m;

    if (argc > 3 || !*port || port[strspn(port, "0123456789")] ||
        strtoull(port, NULL, 10) > 65535) {
        fprintf(stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
        return 2;
    }
    if ((error = getaddrinfo(host, port, &hints, &list)) != 0)
        errx(1, "%s", gai_strerror(error));
    for (a = list; a; a = a->ai_next) {
        if ((sock = socket(a->ai_family, a->ai_socktype, 0)) == -1)
            err(1, "socket");
        if (connect(sock, a->ai_addr, a->ai_addrlen) == 0)
            break;
        error = errno;
        close(sock);
    }
    if (a == NULL) {
        errno = error;
        err(1, "connect");
    }
    freeaddrinfo(list);
    if ((errno = pthread_create(&thread, NULL, upwards, NULL)) != 0)
        err(1, "pthread_create");
    while ((n = recv(sock, bytes, sizeof bytes, 0)) > 0) {
        back += (unsigned long long)n;
        for (ssize_t at = 0; at < n; at += m)
            if ((m = write(1, bytes + at, (size_t)(n - at))) == -1)
                err(1, "write");
    }
    if (n == -1)
        err(1, "recv");
    if (!finished || back != sent)
        errx(1, "the server closed too early");
    return 0;
}
