/*
 * It reads a word, sends it, and prints what it receives on a line.
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
    char word[1024];
    int conn =
        dial(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "65432");

    while (scanf("%1023s", word) == 1) {
        send(conn, word, strlen(word), 0);
        ssize_t n = recv(conn, word, sizeof word - 1, 0);
        if (n <= 0)
            break;
        word[n] = '\0';
        printf("%s\n", word);
    }
    close(conn);
    return 0;
}
