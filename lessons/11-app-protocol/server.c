/*
 * server.c - a small key-value store that speaks RESP2, the protocol of Redis.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT]]              (default: 127.0.0.1 65432)
 *
 * New since lesson 10: process() finds requests instead of lines, see parse(),
 * and has them carried out by a table of commands, on a hash table.
 * See also: client.c; redis-cli.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The most descriptors that we use: the default of Linux's fs.nr_open. */
enum { MANY = 1 << 20 };
enum { PIECE = 65536 }; /* the most bytes that one recv() may return */
enum { ACCEPT_MOST = 64 }; /* the most clients that we accept in one turn */
enum { PAUSE = 1000 }; /* milliseconds: how long accept() rests if it failed */
enum { REQUEST_MOST = 1 << 20, PARTS_MOST = 1024 }; /* its bytes, its parts */
enum { OUT_MOST = 65536 }; /* with as many to send, we carry out no more */
enum { STORE_MOST = 64 << 20, CHAINS = 1 << 18 }; /* bytes of all entries */
enum { NAME_SHOWN = 40 }; /* bytes of a command's name in an error reply */

/* Bytes in memory: data[0] to data[len - 1], with room for cap. */
struct buffer {
    char *data; /* NULL if there are none: an idle client has no buffer */
    size_t len, cap;
};

struct client {
    int fd;
    struct buffer in, out; /* received and not answered yet; not sent yet */
    size_t start; /* the present request begins at in.data[start], and */
    size_t parsed; /* has `parsed` bytes that need not be looked at again, */
    size_t missing; /* and this many parts that have not arrived yet */
    bool more; /* `in` may hold another complete request */
    bool ended; /* it has finished sending */
    bool closing; /* we take no more requests, and close when `out` is sent */
    bool lost; /* there is nothing that we could still do for it */
};

/* All that poll() watches.  (Memory that nobody touches costs nothing.) */
struct watch {
    struct pollfd fds[MANY]; /* LISTENER, SIGNALS, then the clients' */
    struct client *clients[MANY]; /* clients[i] belongs to fds[i] */
    size_t count; /* of both arrays */
    long long accept_paused_until; /* by now() */
};
enum { LISTENER, SIGNALS, FIRST_CLIENT };

/* How far a request has arrived. */
enum progress { NOT_YET, COMPLETE, WRONG };

struct entry {
    struct entry *next;
    size_t size, key_len, value_len;
    char bytes[]; /* the key, then the value */
};

struct store {
    struct entry *chains[CHAINS];
    size_t entries, bytes;
    unsigned base; /* of the hash, a secret: see find() */
};

/* Bytes of any value, so not a C string. */
struct slice {
    const char *bytes;
    size_t len;
};

struct request {
    struct slice parts[PARTS_MOST]; /* the command's name, then its arguments */
    size_t count;
};

/* The end of a pipe that on_signal() writes to.  SIGNALS is the other end. */
static int wake;

/* Return the milliseconds of a clock that nobody can set. */
static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * Print ADDR (of LEN bytes) in numbers: 127.0.0.1:80 or [::1]:80.  Exits if
 * that fails.
 */
static void print_address(const struct sockaddr *addr, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int error = getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);

    if (error)
        errx(1, "getnameinfo: %s", gai_strerror(error));
    printf(addr->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/*
 * Print the address that SOCK is bound to; only the kernel knows it.  Exits if
 * that fails.
 */
static void print_local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    print_address((struct sockaddr *)&addr, len);
}

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
 * Return a new TCP socket that listens on HOST and PORT; about BACKLOG clients
 * can wait there until they are accepted.  A name can have several addresses:
 * we take the first one that works.  Exits if none does.
 */
static int listen_on(const char *host, const char *port, int backlog)
{
    struct addrinfo *list = resolve(*host ? host : NULL, port, AI_PASSIVE);
    int listener = -1, on = 1;

    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        bool last = addr->ai_next == NULL;

        listener = socket(addr->ai_family, SOCK_STREAM, 0);
        if (listener == -1 && last)
            err(1, "socket");
        if (listener == -1)
            continue;
        /* Let a restarted server have its port back immediately (TIME_WAIT). */
        if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
            err(1, "setsockopt");
        if (bind(listener, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        if (last)
            err(1, "bind %s %s", host, port);
        close(listener);
    }
    if (listen(listener, backlog) == -1)
        err(1, "listen");
    freeaddrinfo(list);
    return listener;
}

/* Make FD non-blocking: no call on it ever waits.  Exits if that fails. */
static void set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL); /* F_SETFL sets all: keep the rest */

    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
}

/*
 * Handle a signal: write a byte into the pipe, so that poll() returns, now or
 * when it is called next.  (If the pipe is full, it will return anyway.)
 */
static void on_signal(int signo)
{
    int error = errno; /* write() may change it */

    if (write(wake, "", 1) == -1 && errno != EAGAIN)
        _exit(128 + signo);
    errno = error;
}

/*
 * Catch SIGINT and SIGTERM.  Returns a descriptor that has something to read
 * when one of them has arrived.  Exits if that fails.
 */
static int catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    int ends[2];

    if (pipe(ends) == -1)
        err(1, "pipe");
    wake = ends[1];
    set_nonblocking(wake); /* a handler must never wait */
    if (sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        err(1, "sigaction");
    return ends[0];
}

/*
 * Raise our limit of descriptors as far as we may; most shells start us with
 * 1024.  If that fails, we go on with what we have.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "getrlimit");
    limit.rlim_cur = limit.rlim_max < MANY ? limit.rlim_max : MANY;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        warn("setrlimit");
}

/*
 * Append N bytes to BUF.  Returns false (see errno), and leaves BUF as it is,
 * if there is no memory for them.
 */
static bool append(struct buffer *buf, const void *bytes, size_t n)
{
    if (buf->data == NULL || n > buf->cap - buf->len) {
        size_t cap = 2 * (buf->len + n); /* so that it is rarely full again */
        char *data = realloc(buf->data, cap);
        if (data == NULL)
            return false;
        buf->data = data;
        buf->cap = cap;
    }
    memcpy(buf->data + buf->len, bytes, n);
    buf->len += n;
    return true;
}

/* Drop the first N bytes of BUF, and give back their memory. */
static void discard(struct buffer *buf, size_t n)
{
    if (n == 0)
        return;
    buf->len -= n;
    if (buf->len == 0) {
        free(buf->data);
        *buf = (struct buffer){.data = NULL};
        return;
    }
    memmove(buf->data, buf->data + n, buf->len);
    char *data = realloc(buf->data, buf->len);
    if (data == NULL)
        return; /* it stays as large as it is */
    buf->data = data;
    buf->cap = buf->len;
}

/* Give C up, with a warning (see errno); the main loop will disconnect it. */
static void lose(struct client *c)
{
    warn("lost a client");
    c->lost = true;
}

/*
 * There is no memory to go on with C, for whom no reply waits: half-close.  Not
 * close(): a reset could take replies that the kernel is still sending.  Sets
 * C->lost if that fails.
 */
static void hang_up(struct client *c)
{
    warn("hung up on a client");
    c->closing = true;
    if (shutdown(c->fd, SHUT_WR) == -1)
        lose(c);
}

/*
 * Receive what has arrived from C, and append it to C->in.  If C is closing,
 * drop it.  Sets C->ended at the end of file, or C->lost if something fails.
 */
static void read_from(struct client *c)
{
    char piece[PIECE];
    ssize_t n = recv(c->fd, piece, sizeof piece, 0);

    if (n == 0)
        c->ended = true;
    if (n == -1 && errno != EAGAIN)
        lose(c);
    if (n > 0 && !c->closing && !append(&c->in, piece, (size_t)n))
        hang_up(c);
}

/*
 * Send as much of C->out as the kernel takes.  After the last byte to a client
 * that is closing, half-close.  Sets C->lost if that fails.
 */
static void write_to(struct client *c)
{
    ssize_t n = send(c->fd, c->out.data, c->out.len, 0);

    if (n == -1 && errno != EAGAIN)
        lose(c);
    if (n > 0)
        discard(&c->out, (size_t)n);
    /* Not close(): a reset could take the last bytes from the peer. */
    if (c->closing && c->out.len == 0 && shutdown(c->fd, SHUT_WR) == -1)
        lose(c);
}

/*
 * Return the link to KEY's entry or, without one, to the NULL where it would
 * be.  The base of the hash is a secret: an attacker who wants many keys in one
 * chain must find it out first.  (SipHash, as in Redis, makes that far harder.)
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

/* Remove the entry that LINK leads to.  Does nothing if it is NULL. */
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

/* Store VALUE under KEY.  Without room, returns false and changes nothing. */
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

/* Return whether WORD is NAME, in upper or lower case. */
static bool is(struct slice word, const char *name)
{
    return word.len == strlen(name) &&
           strncasecmp(word.bytes, name, word.len) == 0;
}

/* Reply TEXT.  Returns false if there is no memory for it. */
static bool reply(struct client *c, const char *text)
{
    return append(&c->out, text, strlen(text));
}

/* Reply a number.  Returns false if there is no memory for it. */
static bool reply_number(struct client *c, size_t n)
{
    char text[32];

    snprintf(text, sizeof text, ":%zu\r\n", n);
    return reply(c, text);
}

/*
 * Reply a string of any bytes.  Returns false if memory runs out; then
 * C->out may end in the beginning of the reply.
 */
static bool reply_bulk(struct client *c, const char *bytes, size_t len)
{
    char text[32];

    snprintf(text, sizeof text, "$%zu\r\n", len);
    return reply(c, text) && append(&c->out, bytes, len) && reply(c, "\r\n");
}

/*
 * From here to do_quit(): carry out a command, R, of C.  Returns false if there
 * is no memory for the reply.
 */
static bool do_echo(struct store *s, struct client *c, const struct request *r)
{
    (void)s;
    if (r->count == 1) /* that is PING without a message */
        return reply(c, "+PONG\r\n");
    return reply_bulk(c, r->parts[1].bytes, r->parts[1].len);
}

static bool do_get(struct store *s, struct client *c, const struct request *r)
{
    const struct entry *e = *find(s, r->parts[1]);

    if (e == NULL)
        return reply(c, "$-1\r\n"); /* nil */
    return reply_bulk(c, e->bytes + e->key_len, e->value_len);
}

static bool do_set(struct store *s, struct client *c, const struct request *r)
{
    bool stored = store(s, r->parts[1], r->parts[2]);

    return reply(c, stored ? "+OK\r\n" : "-OOM no room for that\r\n");
}

static bool do_del(struct store *s, struct client *c, const struct request *r)
{
    size_t before = s->entries;

    for (size_t i = 1; i < r->count; i++)
        erase(s, find(s, r->parts[i]));
    return reply_number(c, before - s->entries);
}

static bool do_exists(struct store *s, struct client *c,
                      const struct request *r)
{
    size_t n = 0;

    for (size_t i = 1; i < r->count; i++)
        n += *find(s, r->parts[i]) != NULL;
    return reply_number(c, n);
}

static bool do_dbsize(struct store *s, struct client *c,
                      const struct request *r)
{
    (void)r;
    return reply_number(c, s->entries);
}

static bool do_quit(struct store *s, struct client *c, const struct request *r)
{
    (void)s, (void)r;
    c->closing = true;
    return reply(c, "+OK\r\n");
}

/* The commands.  Those without a function always get the same reply. */
static const struct command {
    const char *name;
    size_t fewest, most; /* parts, including the name */
    bool (*function)(struct store *, struct client *, const struct request *);
    const char *reply;
} commands[] = {
    {"PING", 1, 2, do_echo, NULL},
    {"ECHO", 2, 2, do_echo, NULL},
    {"GET", 2, 2, do_get, NULL},
    {"SET", 3, 3, do_set, NULL},
    {"DEL", 2, PARTS_MOST, do_del, NULL},
    {"EXISTS", 2, PARTS_MOST, do_exists, NULL},
    {"DBSIZE", 1, 1, do_dbsize, NULL},
    {"QUIT", 1, 1, do_quit, NULL},
    /* What clients ask when they connect; few of them look at the reply. */
    {"HELLO", 1, PARTS_MOST, NULL, "*2\r\n$5\r\nproto\r\n:2\r\n"},
    {"CLIENT", 2, PARTS_MOST, NULL, "+OK\r\n"},
    {"COMMAND", 1, PARTS_MOST, NULL, "*0\r\n"},
    {"CONFIG", 2, PARTS_MOST, NULL, "*0\r\n"},
    {"INFO", 1, PARTS_MOST, NULL, "$0\r\n\r\n"},
};

/*
 * Carry out R for C, or reply what is wrong with it.  Returns false if there is
 * no memory for the reply.
 */
static bool carry_out(struct store *s, struct client *c,
                      const struct request *r)
{
    struct slice name = r->parts[0];
    char shown[NAME_SHOWN + 1] = "", error[NAME_SHOWN + 40];

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct command *command = &commands[i];
        if (!is(name, command->name))
            continue;
        if (r->count < command->fewest || r->count > command->most)
            return reply(c, "-ERR wrong number of arguments\r\n");
        if (command->function == NULL)
            return reply(c, command->reply);
        return command->function(s, c, r);
    }
    /* Not as they are: a CR LF in the client's words would end our reply. */
    for (size_t i = 0; i < name.len && i < NAME_SHOWN; i++)
        shown[i] = iscntrl((unsigned char)name.bytes[i]) ? '?' : name.bytes[i];
    snprintf(error, sizeof error, "-ERR unknown command '%s'\r\n", shown);
    return reply(c, error);
}

/*
 * Read a line at *AT of the LEN bytes IN: TYPE and a number up to MOST, which
 * goes to *N.  Moves *AT past it.
 */
static enum progress parse_number(const char *in, size_t len, size_t *at,
                                  char type, size_t most, size_t *n)
{
    size_t some = len - *at < 24 ? len - *at : 24; /* 64 bits have 20 digits */
    const char *line = in + *at, *newline = memchr(line, '\n', some);
    char *end;

    if (newline == NULL)
        return some < 24 ? NOT_YET : WRONG;
    if (*line != type || !isdigit((unsigned char)line[1]))
        return WRONG;
    *n = strtoul(line + 1, &end, 10);
    *at = (size_t)(newline + 1 - in);
    return *n <= most && *end == '\r' && end + 1 == newline ? COMPLETE : WRONG;
}

/*
 * Look whether the present request of C has arrived; then C->parsed is its
 * length.  Goes on where it stopped the last time, so that no byte of a string
 * or a line is looked at twice.
 */
static enum progress parse(struct client *c)
{
    const char *in = c->in.data + c->start;
    size_t len = c->in.len - c->start, n;
    enum progress found = COMPLETE;

    if (*in != '*') { /* inline: up to the newline */
        const char *newline = memchr(in + c->parsed, '\n', len - c->parsed);
        c->parsed = newline ? (size_t)(newline + 1 - in) : len;
        found = newline ? COMPLETE : NOT_YET;
        return c->parsed > REQUEST_MOST ? WRONG : found;
    }
    if (c->parsed == 0)
        found = parse_number(in, len, &c->parsed, '*', PARTS_MOST, &c->missing);
    while (found == COMPLETE && c->missing > 0) {
        size_t at = c->parsed;
        found = parse_number(in, len, &at, '$', REQUEST_MOST, &n);
        if (found != COMPLETE)
            break;
        if (at + n + 2 > REQUEST_MOST) /* with its CR LF */
            return WRONG;
        if (at + n + 2 > len)
            return NOT_YET;
        if (memcmp(in + at + n, "\r\n", 2) != 0)
            return WRONG;
        c->parsed = at + n + 2;
        c->missing--;
    }
    return found;
}

/* Split IN, an array of strings that is complete, into its parts. */
static void split_array(const char *in, struct request *r)
{
    char *end;

    r->count = strtoul(in + 1, &end, 10);
    for (size_t i = 0; i < r->count; i++) { /* END is at CR LF and $ */
        size_t len = strtoul(end + 3, &end, 10);
        r->parts[i] = (struct slice){end + 2, len};
        end += 2 + len;
    }
}

/*
 * Split the LEN bytes of LINE into words.  Returns false if they are too many,
 * or if that is HTTP: a web page could make a browser send us commands.
 */
static bool split_line(const char *line, size_t len, struct request *r)
{
    size_t word = 0;

    r->count = 0;
    for (size_t i = 0; i < len; i++) {
        if (!isspace((unsigned char)line[i]))
            continue;
        if (word < i && r->count == PARTS_MOST)
            return false;
        if (word < i)
            r->parts[r->count++] = (struct slice){line + word, i - word};
        word = i + 1;
    }
    return r->count == 0 || (!is(*r->parts, "POST") && !is(*r->parts, "Host:"));
}

/*
 * Answer the requests in C->in that are complete, until OUT_MOST bytes of
 * replies wait.  After bytes that are no request, and without memory for a
 * reply, C is closing; it never gets a part of a reply.
 */
static void process(struct store *s, struct client *c)
{
    struct request r;

    c->more = false;
    while (c->start < c->in.len && !c->closing && !c->more) {
        const char *in = c->in.data + c->start, *error = NULL;
        size_t replied = c->out.len;
        enum progress found = parse(c);
        if (found == NOT_YET)
            break;
        bool valid = found == COMPLETE;
        if (valid && *in == '*')
            split_array(in, &r);
        else if (valid)
            valid = split_line(in, c->parsed, &r);
        if (!valid)
            error = "-ERR Protocol error: that is no request\r\n";
        else if (r.count > 0 && !carry_out(s, c, &r))
            error = "-ERR out of memory\r\n";
        if (error) {
            c->closing = true;
            c->out.len = replied; /* take back what there is of a reply */
            if (!reply(c, error) && replied == 0)
                hang_up(c); /* otherwise write_to() does, after the replies */
        }
        c->start += c->parsed;
        c->parsed = 0;
        c->more = c->out.len >= OUT_MOST;
    }
    discard(&c->in, c->closing ? c->in.len : c->start);
    c->start = 0;
    if (c->ended && !c->more)
        c->closing = true;
}

/* Watch FD: the listener's, the pipe's or C's.  Exits if that fails. */
static void watch(struct watch *w, int fd, struct client *c)
{
    set_nonblocking(fd);
    w->fds[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->clients[w->count++] = c;
}

/*
 * Accept the clients that wait in the queue, at most ACCEPT_MOST of them, as in
 * lesson 09.  If that fails, prints a warning and accepts nobody for a while.
 */
static void admit_clients(struct watch *w)
{
    for (int i = 0; i < ACCEPT_MOST; i++) {
        struct client *c = malloc(sizeof *c);
        int conn = c ? accept(w->fds[LISTENER].fd, NULL, NULL) : -1;
        if (conn == -1 && errno != EAGAIN && errno != ECONNABORTED) {
            warn("accept"); /* perhaps no descriptor is free, or no memory */
            w->accept_paused_until = now() + PAUSE;
        }
        if (conn == -1) {
            free(c);
            return;
        }
        *c = (struct client){.fd = conn};
        watch(w, conn, c);
    }
}

/*
 * Close the connection of client I, and free what we keep for it.  The last
 * client of the array, which has had its turn already, takes its place.
 */
static void disconnect(struct watch *w, size_t i)
{
    struct client *c = w->clients[i];

    w->fds[i] = w->fds[--w->count];
    w->clients[i] = w->clients[w->count];
    close(c->fd);
    free(c->in.data);
    free(c->out.data);
    free(c);
    w->accept_paused_until = 0; /* there is a free descriptor now */
}

/*
 * Give client I a turn.  First it gets the replies that wait for it; if there
 * are none, we receive some bytes and answer the requests in them.
 */
static void give_turn(struct watch *w, size_t i, struct store *s)
{
    struct client *c = w->clients[i];

    if (c->out.len == 0) {
        if (!c->more)
            read_from(c);
        process(s, c);
    }
    if (c->out.len > 0 && !c->lost)
        write_to(c);
    w->fds[i].events = c->out.len > 0 || c->more ? POLLOUT : POLLIN;
    if (c->lost || (c->closing && c->ended && c->out.len == 0))
        disconnect(w, i);
}

/*
 * Give what is ready a turn, until a signal arrives.  Exits if poll() fails.
 */
static void run_store(struct watch *w, struct store *s)
{
    while (w->fds[SIGNALS].revents == 0) {
        long long pause = w->accept_paused_until - now();
        w->fds[LISTENER].events = pause > 0 ? 0 : POLLIN;
        if (poll(w->fds, (nfds_t)w->count, pause > 0 ? (int)pause : -1) == -1) {
            if (errno != EINTR)
                err(1, "poll");
            continue; /* there is a byte in the pipe now */
        }
        for (size_t i = w->count; i-- > FIRST_CLIENT;) /* backwards */
            if (w->fds[i].revents)
                give_turn(w, i, s);
        if (w->fds[LISTENER].revents)
            admit_clients(w);
    }
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: server [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line when it is complete */
    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */
    raise_descriptor_limit();
    static struct watch w;
    static struct store s;
    if (getentropy(&s.base, sizeof s.base) == -1)
        err(1, "getentropy");
    int listener = listen_on(host, port, SOMAXCONN), on = 1;
    /* A reply never waits for an ACK of the one before; conns inherit this. */
    if (setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
        err(1, "setsockopt");
    watch(&w, listener, NULL);
    watch(&w, catch_signals(), NULL);
    printf("listening on ");
    print_local_address(w.fds[LISTENER].fd);
    if (puts("") == EOF)
        err(1, "stdout");
    run_store(&w, &s);
}
