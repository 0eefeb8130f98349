/*
 * client.c - send one command to a server that speaks RESP2; print the reply.
 *
 *     cc -o client client.c
 *     ./client HOST PORT COMMAND [ARGUMENT...]
 *
 * The exit status is 1 after an error reply.  It works with any Redis server.
 * See also: server.c; redis-cli, which everybody uses.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Exit unless PORT is a port number.  (glibc's getaddrinfo() would take 99999
 * for 34463.)
 */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/*
 * Return the TCP addresses that HOST and PORT stand for, as a list that the
 * caller frees with freeaddrinfo().  Exits if there are none.
 */
static struct addrinfo *resolve(const char *host, const char *port, int flags)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = flags | AI_NUMERICSERV,
    };
    struct addrinfo *list;
    int error = getaddrinfo(host, port, &hints, &list);

    if (error == EAI_SYSTEM)
        err(1, "getaddrinfo %s", host);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));
    return list;
}

/*
 * Return a new TCP socket that is connected to HOST and PORT.  A name can have
 * several addresses: we try one after the other.  Exits if none answers.
 */
static int connect_to(const char *host, const char *port)
{
    struct addrinfo *list = resolve(host, port, 0);
    int conn = -1;

    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        bool last = addr->ai_next == NULL;

        conn = socket(addr->ai_family, SOCK_STREAM, 0);
        if (conn == -1 && last)
            err(1, "socket");
        if (conn == -1)
            continue;
        if (connect(conn, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        if (last)
            err(1, "connect %s %s", host, port);
        close(conn);
    }
    freeaddrinfo(list);
    return conn;
}

/*
 * Send the COUNT words as a request: an array of strings, each after its
 * length.  Exits if that fails.
 */
static void request(FILE *server, char *words[], int count)
{
    fprintf(server, "*%d\r\n", count);
    for (int i = 0; i < count; i++)
        fprintf(server, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
    if (fflush(server) == EOF)
        err(1, "send");
}

/*
 * Copy LEN bytes of a reply to stdout, and read the CR LF after them, because
 * an end with unread bytes would be a reset.  If LEN is negative (nil), nothing
 * follows.  Exits if fewer bytes arrive.
 */
static void print_string(FILE *server, long long len)
{
    for (long long missing = len < 0 ? 0 : len + 2; missing > 0; missing--) {
        int byte = getc(server);
        if (byte == EOF && ferror(server))
            err(1, "recv");
        if (byte == EOF)
            errx(1, "the reply is %lld bytes short", missing);
        if (missing > 2)
            putchar(byte);
    }
}

/*
 * Print the reply.  Returns the exit status: 0, or 1 if it is an error reply.
 * Exits if there is no reply that we understand.
 */
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
    if (type == '$') /* a string of that length; -1 is nil */
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

    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */

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
