/* client.c of 03-listen-accept in another style: it prints with write(2), says
 * what it thinks of each failure, and picks its own port. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(int fd, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            _exit(1);
        text += n;
        left -= (size_t)n;
    }
}

static void text_of(const struct sockaddr_storage *addr, char *text, size_t len)
{
    char host[INET6_ADDRSTRLEN];

    if (addr->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)addr;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(text, len, "%s:%d", host, ntohs(in->sin_port));
    } else {
        const struct sockaddr_in6 *in6 = (const void *)addr;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        snprintf(text, len, "[%s]:%d", host, ntohs(in6->sin6_port));
    }
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
    int conn = -1;

    if (argc > 3 || *port == '\0' || strspn(port, "0123456789") < strlen(port) ||
        strtoul(port, NULL, 10) > 65535) {
        say(2, "client [HOST [PORT]], if you please\n");
        return 2;
    }
    if (getaddrinfo(host, port, &hints, &list) != 0) {
        say(2, "nobody has heard of that host\n");
        return 1;
    }
    for (a = list; a; a = a->ai_next) {
        conn = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (conn < 0)
            continue;
        struct sockaddr_storage any = {.ss_family = (sa_family_t)a->ai_family};
        if (bind(conn, (struct sockaddr *)&any, a->ai_addrlen) == 0 &&
            connect(conn, a->ai_addr, a->ai_addrlen) == 0)
            break;
        close(conn);
    }
    if (a == NULL) {
        say(2, "connect: I have tried it, and there was nobody at home\n");
        return 1;
    }
    freeaddrinfo(list);

    struct sockaddr_storage here, there;
    socklen_t here_len = sizeof here, there_len = sizeof there;
    char line[256], one[80], other[80];
    if (getsockname(conn, (struct sockaddr *)&here, &here_len) < 0 ||
        getpeername(conn, (struct sockaddr *)&there, &there_len) < 0) {
        say(2, "getsockname or getpeername failed\n");
        return 1;
    }
    text_of(&there, one, sizeof one);
    text_of(&here, other, sizeof other);
    snprintf(line, sizeof line, "connected to %s from %s\n", one, other);
    say(1, line);
    return 0;
}
