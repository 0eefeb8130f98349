/*
 * server.c - a store that knows more than is asked: what common clients want to
 * hear when they connect (INFO, HELLO, COMMAND, ...), and SET with NX.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * Lesson 09 moves bytes.  Here they become requests (parse), which are carried
 * out on a hash table and answered (feed).  See also: client.c; redis-cli.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 1 << 20 }; /* descriptors: the default of Linux's fs.nr_open */
enum { REQUEST_MOST = 1 << 20, PARTS_MOST = 1024 }; /* bytes and parts of one */
enum { STORE_MOST = 64 << 20, CHAINS = 1 << 18 }; /* bytes of all entries */
enum { PIECE = 65536 }; /* bytes from a client, and bytes to it, in one turn */
enum { NOT_YET = -1, WRONG = -2 }; /* instead of a length */

struct client {
    char *bytes; /* replies that wait to go, as in lesson 09 */
    size_t start, end;
    char *in; /* what it sent and we have not answered, or NULL */
    size_t come, enough; /* bytes in it; with fewer, no request is whole */
    bool more, over; /* one may be whole already; we answer no more */
};

/* All that poll() watches.  (Memory that is not used costs nothing.) */
struct watch {
    struct pollfd fds[MANY]; /* LISTENER, then the clients' */
    struct client clients[MANY]; /* clients[i] is whom fds[i] leads to */
    size_t count;
    time_t full; /* the second in which accept() failed last */
};
enum { LISTENER, FIRST_CLIENT };

struct entry {
    struct entry *next;
    size_t size, key_len, value_len;
    char bytes[]; /* the key, then the value */
};

/* What the clients share: a hash table, and the request that is carried out. */
struct store {
    struct entry *chains[CHAINS];
    size_t entries, bytes;
    unsigned base; /* a secret: see find() */
    struct slice {
        const char *bytes;
        size_t len;
    } parts[PARTS_MOST]; /* the command's name, then its arguments */
    size_t count;
};

/* Print ADDR (of LEN bytes) in numbers: 127.0.0.1:80 or [::1]:80. */
static void print_address(const struct sockaddr *addr, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int error = getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);

    if (error)
        errx(1, "getnameinfo: %s", gai_strerror(error));
    printf(addr->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Print the address that SOCK is bound to, which only the kernel knows. */
static void print_local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    print_address((struct sockaddr *)&addr, len);
}

/* Refuse what is no port.  (To glibc's getaddrinfo() 99999 is port 34463.) */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/*
 * Return a new TCP socket that listens on HOST and PORT, and lets about
 * BACKLOG clients wait until they are accepted.
 */
static int listen_on(const char *host, const char *port, int backlog)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *addr;
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &addr);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));

    /* A name may stand for several addresses: the first one is ours. */
    int listener = socket(addr->ai_family, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");

    /* Let a restarted server have its port back at once (see TIME_WAIT). */
    int on = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        err(1, "setsockopt");
    if (bind(listener, addr->ai_addr, addr->ai_addrlen) == -1)
        err(1, "bind %s %s", host, port);
    if (listen(listener, backlog) == -1)
        err(1, "listen");
    freeaddrinfo(addr);
    return listener;
}

/*
 * Return the link that leads to KEY's entry, or to NULL where it would be.  The
 * base of the hash is a secret: so nobody can choose keys that share a chain.
 */
static struct entry **find(struct store *s, struct slice key)
{
    unsigned long long hash = 1;

    for (size_t i = 0; i < key.len; i++)
        hash = (hash * s->base + (unsigned char)key.bytes[i]) % 0x7fffffff;
    struct entry **link = &s->chains[hash % CHAINS];
    while (*link && ((*link)->key_len != key.len ||
                     memcmp((*link)->bytes, key.bytes, key.len) != 0))
        link = &(*link)->next;
    return link;
}

/* Remove LINK's entry, if it leads to one. */
static void erase(struct store *s, struct entry **link)
{
    struct entry *old = *link;

    if (old) {
        *link = old->next;
        s->bytes -= old->size;
        s->entries--;
        free(old);
    }
}

/* Store VALUE as KEY's.  Returns false, and changes nothing, without room. */
static bool store(struct store *s, struct slice key, struct slice value)
{
    struct entry **link = find(s, key), *e;
    size_t size = sizeof *e + key.len + value.len;

    if (s->bytes + size - (*link ? (*link)->size : 0) > STORE_MOST ||
        (e = malloc(size)) == NULL)
        return false;
    erase(s, link);
    *e = (struct entry){*link, size, key.len, value.len};
    memcpy(e->bytes, key.bytes, key.len);
    memcpy(e->bytes + key.len, value.bytes, value.len);
    *link = e;
    s->bytes += size;
    s->entries++;
    return true;
}

/* Is the request the command NAME, with COUNT parts? */
static bool is(const struct store *s, const char *name, size_t count)
{
    return s->count == count && s->parts[0].len == strlen(name) &&
           strncasecmp(s->parts[0].bytes, name, strlen(name)) == 0;
}

/* Is PART the word WORD, in any case? */
static bool is_word(struct slice part, const char *word)
{
    return part.len == strlen(word) &&
           strncasecmp(part.bytes, word, part.len) == 0;
}

/* Carry out the request, and reply.  Returns false if it is the last one. */
static bool carry_out(struct store *s, FILE *replies)
{
    struct slice bulk = {.bytes = NULL};
    size_t i, n = s->entries;

    if (is(s, "PING", 2) || is(s, "ECHO", 2)) {
        bulk = s->parts[1];
    } else if (is(s, "GET", 2)) {
        struct entry *e = *find(s, s->parts[1]);
        if (e)
            bulk = (struct slice){e->bytes + e->key_len, e->value_len};
        else
            fputs("$-1\r\n", replies); /* nil */
    } else if (is(s, "SET", 3)) {
        bool stored = store(s, s->parts[1], s->parts[2]);
        fputs(stored ? "+OK\r\n" : "-OOM no room for that\r\n", replies);
    } else if (is(s, "DEL", s->count) && s->count > 1) {
        for (i = 1; i < s->count; i++)
            erase(s, find(s, s->parts[i]));
        fprintf(replies, ":%zu\r\n", n - s->entries);
    } else if (is(s, "EXISTS", s->count) && s->count > 1) {
        for (n = 0, i = 1; i < s->count; i++)
            n += *find(s, s->parts[i]) != NULL;
        fprintf(replies, ":%zu\r\n", n);
    } else if (is(s, "DBSIZE", 1)) {
        fprintf(replies, ":%zu\r\n", n);
    } else if (is(s, "PING", 1)) {
        fputs("+PONG\r\n", replies);
    } else if (is(s, "QUIT", 1)) {
        fputs("+OK\r\n", replies);
    } else if (is(s, "INFO", s->count) || is(s, "CONFIG", s->count)) {
        bulk = (struct slice){"", 0};
    } else if (is(s, "COMMAND", s->count)) {
        fputs("*0\r\n", replies);
    } else if (is(s, "CLIENT", s->count) || is(s, "SELECT", 2)) {
        fputs("+OK\r\n", replies);
    } else if (is(s, "HELLO", s->count)) {
        fputs("*4\r\n$5\r\nproto\r\n:2\r\n$6\r\nserver\r\n$5\r\nredis\r\n",
              replies);
    } else if (is(s, "SET", 4) && is_word(s->parts[3], "NX")) {
        if (*find(s, s->parts[1]))
            fputs("$-1\r\n", replies);
        else
            fputs(store(s, s->parts[1], s->parts[2]) ? "+OK\r\n" : "-OOM\r\n",
                  replies);
    } else { /* without its control bytes: a CR LF would end the reply */
        fputs("-ERR unknown command '", replies);
        for (i = 0; i < s->parts[0].len && i < 128; i++)
            if (!iscntrl((unsigned char)s->parts[0].bytes[i]))
                putc(s->parts[0].bytes[i], replies);
        fputs("', or wrong arguments\r\n", replies);
    }
    if (bulk.bytes) {
        fprintf(replies, "$%zu\r\n", bulk.len);
        if (fwrite(bulk.bytes, 1, bulk.len, replies) != bulk.len)
            err(1, "no memory for a reply");
        fputs("\r\n", replies);
    }
    return !is(s, "QUIT", 1);
}

/* Read the line at IN[*AT], TYPE and a number up to MOST; move *AT past it. */
static long length(const char *in, size_t len, size_t *at, char type, long most)
{
    size_t some = len - *at < 24 ? len - *at : 24; /* 64 bits have 20 digits */
    const char *line = in + *at, *newline = memchr(line, '\n', some);
    char *end;

    if (newline == NULL)
        return some < 24 ? NOT_YET : WRONG;
    if (*line != type || !isdigit((unsigned char)line[1]))
        return WRONG;
    long n = strtol(line + 1, &end, 10);
    *at = (size_t)(newline + 1 - in);
    return n <= most && *end == '\r' && end + 1 == newline ? n : WRONG;
}

/* Parse the inline request at IN, which has no newline before SEARCHED. */
static long words(struct store *s, const char *in, size_t len, size_t searched)
{
    const char *newline = memchr(in + searched, '\n', len - searched);

    if (newline == NULL)
        return NOT_YET;
    len = (size_t)(newline + 1 - in);
    for (size_t i = 0, word = 0; i < len; i++) {
        if (!isspace((unsigned char)in[i]))
            continue;
        if (word < i && s->count == PARTS_MOST)
            return WRONG;
        if (word < i)
            s->parts[s->count++] = (struct slice){in + word, i - word};
        word = i + 1;
    }
    if (s->count > 0 && (is_word(*s->parts, "POST") || is_word(*s->parts, "Host:")))
        return WRONG;
    return (long)len;
}

/*
 * Parse the request at IN.  Returns its length, or WRONG, or NOT_YET: then ask
 * again when *ENOUGH bytes are there.  So nothing long is looked at twice.
 */
static long parse(struct store *s, const char *in, size_t len, size_t *enough)
{
    size_t at = 0, searched = *enough ? *enough - 1 : 0;

    *enough = len + 1;
    s->count = 0;
    if (*in != '*')
        return words(s, in, len, searched);
    long parts = length(in, len, &at, '*', PARTS_MOST);
    if (parts < 0)
        return parts;
    while ((long)s->count < parts) {
        long n = length(in, len, &at, '$', REQUEST_MOST);
        if (n < 0)
            return n;
        *enough = at + (size_t)n + 2; /* with the CR LF behind it */
        if (*enough > REQUEST_MOST)
            return WRONG;
        if (*enough > len)
            return NOT_YET;
        if (memcmp(in + at + n, "\r\n", 2) != 0)
            return WRONG;
        s->parts[s->count++] = (struct slice){in + at, (size_t)n};
        at = *enough;
    }
    return (long)at;
}

/*
 * Take LEN bytes that C has sent, NEW, and carry out what is whole now; the
 * replies wait in C.  Nothing else looks at what comes.  Returns 0, or -1.
 */
static int feed(struct store *s, struct client *c, const char *new, size_t len)
{
    size_t at = 0;
    FILE *replies;

    if ((!c->in && !(c->in = malloc(REQUEST_MOST + PIECE))) ||
        !(replies = open_memstream(&c->bytes, &c->end)))
        return -1;
    memcpy(c->in + c->come, new, len);
    c->come += len;
    while (c->come > at && c->come - at >= c->enough &&
           ftell(replies) < PIECE) {
        long n = parse(s, c->in + at, c->come - at, &c->enough);
        if (n == NOT_YET && c->come - at < REQUEST_MOST)
            break;
        bool wrong = n < 0 || n > REQUEST_MOST;
        if (wrong)
            fputs("-ERR Protocol error: that is no request\r\n", replies);
        c->over = wrong || (s->count > 0 && !carry_out(s, replies));
        at = c->over ? c->come : at + (size_t)n;
        c->enough = 0;
    }
    c->more = !c->over && ftell(replies) >= PIECE;
    c->come -= at;
    memmove(c->in, c->in + at, c->come);
    if (c->come == 0) {
        free(c->in);
        c->in = NULL;
    }
    c->start = 0;
    return fclose(replies) == EOF ? -1 : 0;
}

/* Watch FD from now on, for something to read; and let no call on it wait. */
static void add(struct watch *w, int fd)
{
    int flags = fcntl(fd, F_GETFL); /* F_SETFL sets all: keep the others */

    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
    w->fds[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->clients[w->count++] = (struct client){.bytes = NULL};
}

/* Let client I go.  The last one, who has had its turn, takes its place. */
static void remove_client(struct watch *w, size_t i)
{
    close(w->fds[i].fd);
    free(w->clients[i].bytes);
    w->fds[i] = w->fds[--w->count];
    w->clients[i] = w->clients[w->count];
    w->full = 0; /* there is a free descriptor now */
}

/* Accept those who wait, but not for ever: those whom we have wait as well. */
static void accept_clients(struct watch *w)
{
    for (int i = 0; i < 64; i++) {
        int conn = accept(w->fds[LISTENER].fd, NULL, NULL);
        if (conn == -1 && errno != EAGAIN && errno != ECONNABORTED) {
            warn("accept");
            w->full = time(NULL); /* no descriptor is free, say */
        }
        if (conn == -1)
            return; /* or nobody waits any more, or who did has left */
        add(w, conn);
    }
}

/* Send C the replies that wait, or answer what it sends.  Returns as recv(). */
static ssize_t reply_to(struct store *s, struct pollfd *fd, struct client *c)
{
    char buf[PIECE];
    ssize_t n = 0;

    if (c->bytes == NULL) {
        if (!c->more && ((n = recv(fd->fd, buf, PIECE, 0)) <= 0 || c->over))
            return n; /* if it is over, only the end of file matters */
        if (feed(s, c, buf, (size_t)n) == -1)
            return -1;
    }
    n = send(fd->fd, c->bytes + c->start, c->end - c->start, 0);
    if (n > 0)
        c->start += (size_t)n;
    if (c->start == c->end) {
        free(c->bytes);
        c->bytes = NULL;
        /* Not close(): a reset could take the last reply from the peer. */
        if (c->over && shutdown(fd->fd, SHUT_WR) == -1)
            return -1;
    }
    fd->events = c->bytes || c->more ? POLLOUT : POLLIN;
    return n == -1 ? -1 : 1;
}

/* Serve whoever comes; accept_clients() needs room for 64 in the arrays. */
static void serve_all(struct watch *w, struct store *s)
{
    for (;;) {
        int full = w->full == time(NULL) || w->count + 64 > MANY; /* for 1 s */
        w->fds[LISTENER].events = full ? 0 : POLLIN;
        if (poll(w->fds, (nfds_t)w->count, full ? 1000 : -1) == -1)
            err(1, "poll");
        for (size_t i = w->count; i-- > FIRST_CLIENT;) { /* the last first */
            if (w->fds[i].revents == 0)
                continue;
            ssize_t n = reply_to(s, &w->fds[i], &w->clients[i]);
            if (n > 0 || (n == -1 && errno == EAGAIN))
                continue;
            if (n == -1)
                warn("lost a client");
            free(w->clients[i].in);
            remove_client(w, i);
        }
        if (w->fds[LISTENER].revents)
            accept_clients(w);
    }
}

/* Nothing is left to do at the end: the kernel closes all that we hold. */
static void end(int signo)
{
    (void)signo;
    _exit(0);
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: server [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen as soon as it is said */
    signal(SIGPIPE, SIG_IGN); /* if the peer is gone, let send() fail */
    signal(SIGINT, end);
    signal(SIGTERM, end);
    static struct watch w;
    static struct store s;
    if (getentropy(&s.base, sizeof s.base) == -1)
        err(1, "getentropy");
    add(&w, listen_on(host, port, SOMAXCONN));
    printf("listening on ");
    print_local_address(w.fds[LISTENER].fd);
    printf("\n");
    serve_all(&w, &s);
}
