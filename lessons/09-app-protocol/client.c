/*
 * client.c - send one command to a server that speaks RESP2, print the reply.
 *
 *     cc -o client client.c
 *     ./client HOST PORT COMMAND [ARGUMENT...]
 *
 * The exit status is 1 after an error reply.  See also: server.c; redis-cli,
 * which does the same with any Redis server, as this does.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Refuse what is no port.  (To glibc's getaddrinfo() 99999 is port 34463.) */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/* Return a new TCP socket that is connected to HOST and PORT. */
static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    struct addrinfo *list, *addr;
    int conn = -1, error = getaddrinfo(host, port, &hints, &list);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));

    /* A name may stand for several addresses: we try one after the other. */
    for (addr = list; addr; addr = addr->ai_next) {
        conn = socket(addr->ai_family, SOCK_STREAM, 0);
        if (conn != -1 && connect(conn, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        error = errno; /* which close() may change */
        if (conn != -1)
            close(conn);
    }
    freeaddrinfo(list);
    if (addr == NULL) {
        errno = error;
        err(1, "%s %s %s", conn == -1 ? "socket" : "connect", host, port);
    }
    return conn;
}

/* Ask for what the words say: an array of strings, each with its length. */
static void request(FILE *server, char *words[], int count)
{
    fprintf(server, "*%d\r\n", count);
    for (int i = 0; i < count; i++)
        fprintf(server, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
    if (fflush(server) == EOF)
        err(1, "send");
}

/* Copy LEN bytes of a reply to stdout; end the program if fewer come. */
static void print_string(FILE *server, long long len)
{
    for (; len > 0; len--) {
        int byte = getc(server);
        if (byte == EOF && ferror(server))
            err(1, "recv");
        if (byte == EOF)
            errx(1, "the reply is %lld bytes short", len);
        putchar(byte);
    }
}

/* Print the reply.  Returns the exit status: 0, or 1 if it is an error. */
static int print_reply(FILE *server)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len = getline(&line, &size, server);

    if (len == -1 && ferror(server))
        err(1, "recv");
    if (len < 3 || strcmp(line + len - 2, "\r\n") != 0)
        errx(1, "the server closed before it had replied");
    line[len - 2] = '\0';
    char type = *line;
    if (type == '$') /* a string of so many bytes; -1: nil, which has none */
        print_string(server, strtoll(line + 1, NULL, 10));
    else if (memchr("+-:", type, 3))
        printf("%s", line + 1);
    else
        errx(1, "a reply of an unknown type: %s", line);
    putchar('\n');
    free(line);
    return type == '-';
}

int main(int argc, char *argv[])
{
    if (argc < 4)
        errx(2, "usage: client HOST PORT COMMAND [ARGUMENT...]");
    check_port(argv[2]);

    signal(SIGPIPE, SIG_IGN); /* if the server is gone, let send() fail */

    int conn = connect_to(argv[1], argv[2]);
    FILE *to = fdopen(conn, "w"), *from = fdopen(conn, "r");
    if (to == NULL || from == NULL)
        err(1, "fdopen");
    request(to, argv + 3, argc - 3);
    int status = print_reply(from);
    if (fflush(stdout) == EOF)
        err(1, "write");
    return status;
}
