/*
 * One loop around epoll (Linux only), signals through signalfd, a machine with a
 * state that is fed byte by byte, a table with open addressing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT = 1024 * 1024, PARTS = 1024, CAPACITY = 64 * LIMIT };

/* What the next byte may be. */
enum state {
    START,
    ARRAY_NUMBER,
    ARRAY_LF,
    DOLLAR,
    BULK_NUMBER,
    BULK_LF,
    BULK,
    BULK_CR,
    BULK_END,
    WORDS,
    OVER
};

struct bytes {
    char *at;
    size_t len, size;
};

struct peer {
    int fd, listens;
    enum state state;
    long number, left; /* being read; parts that are still missing */
    int digits, in_word;
    size_t total; /* bytes of this request */
    struct bytes text; /* all parts, one behind the other */
    size_t *ends, parts; /* where each ends */
    struct bytes out, rest; /* to be sent; received and not yet looked at */
    size_t sent, done;
    struct peer *next_dead;
};

struct item {
    struct bytes key, value;
};

static struct item *table; /* a free place has no key.at */
static size_t places, entries, stored;
static int epoll, listener_paused, listener;
static struct peer *dead;

static void add_bytes(struct bytes *b, const void *p, size_t n)
{
    if (b->size < b->len + n) {
        b->size = (b->len + n) * 3 / 2 + 64;
        b->at = realloc(b->at, b->size);
        if (b->at == NULL)
            abort();
    }
    memcpy(b->at + b->len, p, n);
    b->len += n;
}

static void drop_bytes(struct bytes *b)
{
    free(b->at);
    *b = (struct bytes){0};
}

static size_t home(const char *key, size_t len)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)key[i]) * 1099511628211u;
    return (h ^ h >> 29) % places;
}

/* The place of the key, or the free place where it would go. */
static struct item *look_up(const char *key, size_t len)
{
    size_t i = home(key, len);
    while (table[i].key.at && (table[i].key.len != len ||
                               memcmp(table[i].key.at, key, len) != 0))
        i = (i + 1) % places;
    return &table[i];
}

static void grow(void)
{
    struct item *old = table;
    size_t n = places;
    places = n ? n * 2 : 64;
    table = calloc(places, sizeof *table);
    for (size_t i = 0; i < n; i++)
        if (old[i].key.at)
            *look_up(old[i].key.at, old[i].key.len) = old[i];
    free(old);
}

static int delete_key(const char *key, size_t len)
{
    struct item *gap = look_up(key, len);
    if (gap->key.at == NULL)
        return 0;
    stored -= gap->key.len + gap->value.len;
    drop_bytes(&gap->key);
    drop_bytes(&gap->value);
    entries--;
    size_t i = (size_t)(gap - table);
    for (size_t j = (i + 1) % places; table[j].key.at; j = (j + 1) % places) {
        struct item moved = table[j]; /* put each of the run anew */
        table[j] = (struct item){{0}, {0}};
        *look_up(moved.key.at, moved.key.len) = moved;
    }
    return 1;
}

static void out(struct peer *p, const char *text)
{
    add_bytes(&p->out, text, strlen(text));
}

static void out_number(struct peer *p, char type, size_t n)
{
    char line[40];
    sprintf(line, "%c%zu\r\n", type, n);
    out(p, line);
}

static void out_bulk(struct peer *p, const char *text, size_t len)
{
    out_number(p, '$', len);
    add_bytes(&p->out, text, len);
    out(p, "\r\n");
}

static const char *part(struct peer *p, size_t i, size_t *len)
{
    size_t start = i ? p->ends[i - 1] : 0;
    *len = p->ends[i] - start;
    return p->text.at ? p->text.at + start : "";
}

static void store_it(struct peer *p)
{
    size_t klen, vlen, old = 0;
    const char *key = part(p, 1, &klen), *value = part(p, 2, &vlen);
    struct item *item = look_up(key, klen);
    if (item->key.at)
        old = item->key.len + item->value.len;
    if (stored - old + klen + vlen > CAPACITY) {
        out(p, "-OOM too much\r\n");
        return;
    }
    stored += klen + vlen - old;
    if (item->key.at == NULL) {
        item->key.at = malloc(klen + 1);
        memcpy(item->key.at, key, klen);
        item->key.len = klen;
        entries++;
    }
    free(item->value.at);
    item->value = (struct bytes){malloc(vlen + 1), vlen, vlen};
    memcpy(item->value.at, value, vlen);
    if (entries * 2 > places)
        grow();
    out(p, "+OK\r\n");
}

static void execute(struct peer *p)
{
    size_t len, arg, n = 0;
    const char *name = part(p, 0, &len), *text;
    char command[16] = "";

    for (size_t i = 0; i < len && i < 15; i++)
        command[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i] ? name[i] : '?');
    if (!strcmp(command, "get") && p->parts == 2) {
        text = part(p, 1, &arg);
        struct item *item = look_up(text, arg);
        if (item->key.at)
            out_bulk(p, item->value.at, item->value.len);
        else
            out(p, "$-1\r\n");
    } else if (!strcmp(command, "set") && p->parts == 3) {
        store_it(p);
    } else if (!strcmp(command, "ping") && p->parts == 1) {
        out(p, "+PONG\r\n");
    } else if ((!strcmp(command, "ping") || !strcmp(command, "echo")) && p->parts == 2) {
        text = part(p, 1, &arg);
        out_bulk(p, text, arg);
    } else if (!strcmp(command, "dbsize") && p->parts == 1) {
        out_number(p, ':', entries);
    } else if ((!strcmp(command, "del") || !strcmp(command, "exists")) && p->parts > 1) {
        for (size_t i = 1; i < p->parts; i++) {
            text = part(p, i, &arg);
            n += *command == 'd' ? (size_t)delete_key(text, arg) : look_up(text, arg)->key.at != NULL;
        }
        out_number(p, ':', n);
    } else if (!strcmp(command, "quit")) {
        out(p, "+OK\r\n");
        p->state = OVER;
    } else {
        char shown[33] = "", error[80];
        for (size_t i = 0; i < len && i < sizeof shown - 1; i++)
            shown[i] = (char)((unsigned char)name[i] < ' ' || name[i] == 127 ? ' ' : name[i]);
        snprintf(error, sizeof error, "-ERR unknown command '%s'\r\n", shown);
        out(p, error);
        if (!strcmp(command, "post") || !strcmp(command, "host:"))
            p->state = OVER;
    }
}

static void new_request(struct peer *p)
{
    p->total = p->parts = 0;
    p->left = 0;
    p->in_word = 0;
    drop_bytes(&p->text);
    free(p->ends);
    p->ends = NULL;
    if (p->state != OVER)
        p->state = START;
}

static void finish(struct peer *p)
{
    if (p->parts > 0)
        execute(p);
    new_request(p);
}

static int end_part(struct peer *p)
{
    if (p->parts == PARTS)
        return 0;
    if (p->ends == NULL)
        p->ends = malloc(PARTS * sizeof *p->ends);
    p->ends[p->parts++] = p->text.len;
    return 1;
}

/* A digit of a number of at most MOST, or its CR.  Returns 0 if it is neither. */
static int digit(struct peer *p, char c, long most, enum state next)
{
    if (c == '\r' && p->digits > 0) {
        p->state = next;
        return 1;
    }
    if (c < '0' || c > '9')
        return 0;
    p->digits++;
    p->number = p->number * 10 + c - '0';
    return p->number <= most;
}

static int word_byte(struct peer *p, char c)
{
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        if (p->in_word && !end_part(p))
            return 0;
        p->in_word = 0;
        if (c == '\n')
            finish(p);
        return 1;
    }
    p->in_word = 1;
    add_bytes(&p->text, &c, 1);
    return 1;
}

/* Take a byte.  Returns 0 if it cannot stand there. */
static int step(struct peer *p, char c)
{
    if (++p->total > LIMIT)
        return 0;
    switch (p->state) {
    case START:
        p->number = p->digits = 0;
        p->state = c == '*' ? ARRAY_NUMBER : WORDS;
        return c == '*' || word_byte(p, c);
    case ARRAY_NUMBER:
        return digit(p, c, PARTS, ARRAY_LF);
    case ARRAY_LF:
        p->left = p->number;
        p->state = DOLLAR;
        if (c == '\n' && p->left == 0)
            finish(p);
        return c == '\n';
    case DOLLAR:
        p->number = p->digits = 0;
        p->state = BULK_NUMBER;
        return c == '$';
    case BULK_NUMBER:
        return digit(p, c, LIMIT, BULK_LF);
    case BULK_LF:
        p->state = p->number ? BULK : BULK_CR;
        return c == '\n' && p->total + (size_t)p->number + 2 <= LIMIT;
    case BULK:
        add_bytes(&p->text, &c, 1);
        if (--p->number == 0)
            p->state = BULK_CR;
        return 1;
    case BULK_CR:
        p->state = BULK_END;
        return c == '\r';
    case BULK_END:
        p->state = DOLLAR;
        if (c != '\n' || !end_part(p))
            return 0;
        if (--p->left == 0)
            finish(p);
        return 1;
    case WORDS:
        return word_byte(p, c);
    case OVER:
        break;
    }
    return 1;
}

static void interest(struct peer *p)
{
    int waits = p->out.len > p->sent || p->rest.len > p->done;
    struct epoll_event e = {.events = waits ? EPOLLOUT : EPOLLIN, .data.ptr = p};
    epoll_ctl(epoll, EPOLL_CTL_MOD, p->fd, &e);
}

static void bury(struct peer *p)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    close(p->fd);
    if (listener_paused) {
        static struct peer listening;
        listening.fd = listener;
        listening.listens = 1;
        e.data.ptr = &listening;
        epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
        listener_paused = 0;
    }
    p->fd = -1;
    p->next_dead = dead;
    dead = p;
}

/* Look at what was received, as long as not too much waits to be sent. */
static void digest(struct peer *p)
{
    while (p->done < p->rest.len && p->out.len - p->sent < 65536 && p->state != OVER) {
        if (step(p, p->rest.at[p->done++]))
            continue;
        out(p, "-ERR Protocol error: no\r\n");
        p->state = OVER;
        new_request(p);
    }
    if (p->done == p->rest.len || p->state == OVER) {
        drop_bytes(&p->rest);
        p->done = 0;
    }
}

/* Returns 0 when the peer is lost. */
static int flush(struct peer *p)
{
    ssize_t n = send(p->fd, p->out.at + p->sent, p->out.len - p->sent, MSG_NOSIGNAL);
    if (n == -1)
        return errno == EAGAIN;
    p->sent += (size_t)n;
    if (p->sent == p->out.len) {
        drop_bytes(&p->out);
        p->sent = 0;
        if (p->state == OVER)
            shutdown(p->fd, SHUT_WR);
    }
    return 1;
}

static void handle(struct peer *p)
{
    static char buf[20000];

    if (p->fd == -1)
        return;
    if (p->out.len == 0 && p->rest.len == 0) {
        ssize_t n = recv(p->fd, buf, sizeof buf, 0);
        if (n == -1 && errno == EAGAIN)
            return;
        if (n <= 0) {
            bury(p);
            return;
        }
        if (p->state != OVER)
            add_bytes(&p->rest, buf, (size_t)n);
    }
    digest(p);
    if (p->out.len > 0 && !flush(p))
        bury(p);
    else
        interest(p);
}

static void welcome(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd == -1 && (errno == EMFILE || errno == ENFILE)) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, listener, NULL);
        listener_paused = 1;
    }
    if (fd == -1)
        return;
    struct peer *p = calloc(1, sizeof *p);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    p->fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

static void loop(int signals)
{
    static struct peer listening, signalled;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &listening}, ready[64];

    listening.fd = listener;
    listening.listens = 1;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
    e.data.ptr = &signalled;
    epoll_ctl(epoll, EPOLL_CTL_ADD, signals, &e);
    for (;;) {
        int n = epoll_wait(epoll, ready, 64, -1);
        for (int i = 0; i < n; i++) {
            struct peer *p = ready[i].data.ptr;
            if (p == &signalled)
                return;
            if (p->listens)
                welcome();
            else
                handle(p);
        }
        while (dead) {
            struct peer *p = dead;
            dead = p->next_dead;
            drop_bytes(&p->out);
            drop_bytes(&p->rest);
            drop_bytes(&p->text);
            free(p->ends);
            free(p);
        }
    }
}

static int fail(const char *call)
{
    perror(call);
    return 1;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *a;
    char *end, h[100], service[10];
    struct sockaddr_storage where;
    socklen_t len = sizeof where;
    sigset_t set;
    int on = 1;

    if (argc > 3 || *port < '0' || *port > '9' || strtoul(port, &end, 10) > 65535 || *end) {
        fprintf(stderr, "usage: server [HOST [PORT]]\n");
        return 2;
    }
    if (getaddrinfo(*host ? host : NULL, port, &hints, &a) != 0) {
        fprintf(stderr, "getaddrinfo: no such host\n");
        return 1;
    }
    listener = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (listener == -1)
        return fail("socket");
    if (bind(listener, a->ai_addr, a->ai_addrlen) == -1)
        return fail("bind");
    if (listen(listener, 5) == -1)
        return fail("listen");
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    epoll = epoll_create1(0);
    grow();
    getsockname(listener, (struct sockaddr *)&where, &len);
    getnameinfo((struct sockaddr *)&where, len, h, sizeof h, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(strchr(h, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n", h, service);
    fflush(stdout);
    loop(signalfd(-1, &set, 0));
    return 0;
}
