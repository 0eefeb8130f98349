/*
 * A thread copies stdin to the connection, and main prints what arrives.
 */
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int conn;
static volatile int finished; /* stdin has ended */

static int put(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done <= 0)
            return -1;
        bytes += done;
        n -= (size_t)done;
    }
    return 0;
}

static void *copy(void *argument)
{
    char buf[4096];
    ssize_t n;

    (void)argument;
    while ((n = read(0, buf, sizeof buf)) > 0)
        if (put(conn, buf, (size_t)n) == -1)
            return NULL;
    finished = 1;
    shutdown(conn, SHUT_WR);
    return NULL;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 2 ? argv[2] : "127.0.0.1";
    const char *port = argc > 3 ? argv[3] : "65432";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    pthread_t thread;
    char buf[4096];
    ssize_t n;

    if (argc < 2 || argc > 4 || !*port ||
        strspn(port, "0123456789") != strlen(port) || strlen(port) > 5 ||
        atoi(port) > 65535) {
        fprintf(stderr, "usage: client NAME [HOST [PORT]]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int error = getaddrinfo(host, port, &hints, &found);
    if (error) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
        return 1;
    }
    conn = socket(found->ai_family, SOCK_STREAM, 0);
    if (conn == -1 || connect(conn, found->ai_addr, found->ai_addrlen) == -1) {
        perror(conn == -1 ? "socket" : "connect");
        return 1;
    }
    freeaddrinfo(found);
    if (put(conn, argv[1], strlen(argv[1])) == -1 || put(conn, "\r\n", 2) == -1)
        return 1;
    if (pthread_create(&thread, NULL, copy, NULL))
        return 1;
    while ((n = read(conn, buf, sizeof buf)) > 0)
        if (put(1, buf, (size_t)n) == -1)
            return 1;
    if (n == -1)
        perror("read");
    _exit(n == -1 || !finished);
}
