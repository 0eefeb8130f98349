/*
 * It uses a pointer that is NULL.
 *
 * A beginner's client for lesson 04, as many people first write it.  tests/self/limits.bats
 * sees that its tests cost no more time than those of a client that works.
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Return a socket that is connected to HOST and PORT. */
static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;

    if (getaddrinfo(host, port, &hints, &list) != 0)
        errx(1, "getaddrinfo %s", host);
    int conn = socket(list->ai_family, SOCK_STREAM, 0);
    if (conn == -1)
        err(1, "socket");
    if (connect(conn, list->ai_addr, list->ai_addrlen) == -1)
        err(1, "connect");
    return conn;
}

int main(int argc, char *argv[])
{
    char *buf = getenv("there is none of this name");
    int conn =
        dial(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "65432");

    buf[read(STDIN_FILENO, buf, 1024)] = '\0';
    send(conn, buf, strlen(buf), 0);
    return *(volatile char *)buf;
}
