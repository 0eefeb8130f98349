/*
 * server.c - make a socket, ask the kernel what it made, and say so.
 *
 *     cc -o server server.c
 *     ./server [FAMILY [TYPE]]            (default: inet stream)
 *
 * FAMILY is inet, inet6 or unix; TYPE is stream, dgram or seqpacket.  It does
 * not serve anybody yet, but the servers of all later lessons grow from it.
 * See also: socket(2), getsockopt(2), socket(7).
 */
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* A constant of <sys/socket.h>: what users call it, and what C calls it. */
struct constant {
    const char *word;
    const char *name;
    int value;
};

static const struct constant families[] = {
    {"inet", "AF_INET", AF_INET},
    {"inet6", "AF_INET6", AF_INET6},
    {"unix", "AF_UNIX", AF_UNIX},
    {0},
};

static const struct constant types[] = {
    {"stream", "SOCK_STREAM", SOCK_STREAM},
    {"dgram", "SOCK_DGRAM", SOCK_DGRAM},
    {"seqpacket", "SOCK_SEQPACKET", SOCK_SEQPACKET},
    {0},
};

static const struct constant protocols[] = {
    {"tcp", "IPPROTO_TCP", IPPROTO_TCP},
    {"udp", "IPPROTO_UDP", IPPROTO_UDP},
    {0},
};

/*
 * Return the value of WORD in TABLE.  Exits with status 2 if WORD is not there;
 * WHAT, "family" or "type", is for the message.
 */
static int value_of(const char *word, const struct constant *table,
                    const char *what)
{
    const struct constant *c;

    for (c = table; c->word; c++)
        if (strcmp(c->word, word) == 0)
            return c->value;
    errx(2, "%s: not a %s that this program knows", word, what);
}

/* Print what C calls VALUE in TABLE, or the number if it has no name there. */
static void print_name(int value, const struct constant *table)
{
    const struct constant *c = table;

    while (c->word && c->value != value)
        c++;
    if (c->word)
        printf("%s", c->name);
    else
        printf("%d", value);
}

/* Return the family of SOCK, as the kernel knows it.  Exits if that fails. */
static int family_of(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    return addr.ss_family;
}

/*
 * Return the value of SOCK's OPTION, as the kernel knows it.  Exits if that
 * fails; WHAT, the name of the option, is for the message.
 */
static int option_of(int sock, int option, const char *what)
{
    int value;
    socklen_t len = sizeof value;

    if (getsockopt(sock, SOL_SOCKET, option, &value, &len) == -1)
        err(1, "getsockopt %s", what);
    return value;
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: server [inet|inet6|unix [stream|dgram|seqpacket]]");
    int family = value_of(argc > 1 ? argv[1] : "inet", families, "family");
    int type = value_of(argc > 2 ? argv[2] : "stream", types, "type");

    int sock = socket(family, type, 0); /* 0: the usual protocol for these */
    if (sock == -1)
        err(1, "socket");

    family = family_of(sock);
    type = option_of(sock, SO_TYPE, "SO_TYPE");
    int protocol = 0;
#ifdef SO_PROTOCOL /* macOS does not have it: there we print 0 */
    protocol = option_of(sock, SO_PROTOCOL, "SO_PROTOCOL");
#endif
    printf("socket %d: ", sock);
    print_name(family, families);
    printf(", ");
    print_name(type, types);
    printf(", ");
    print_name(protocol, protocols);
    printf("\n");
    if (fflush(stdout) == EOF)
        err(1, "stdout");
}
