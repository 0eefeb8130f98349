/*
 * dial.h - what all beginners' clients of this directory begin with, and what works.
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
