/*
 * A thread for each client, blocking calls, a reader that asks for a line or for
 * so many bytes; the store is one sorted array behind a mutex.  Linux only
 * (mallopt: one arena, so that memory can be compared).
 */
#include <errno.h>
#include <malloc.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIB 1048576u

typedef struct {
    unsigned char *p;
    size_t n;
} text;

typedef struct {
    int fd;
    unsigned char buf[8192];
    size_t at, end;
    size_t budget; /* bytes that this request may still have */
    text args[1024];
    size_t count;
} session;

typedef struct {
    text key, value;
} record;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static unsigned departures;
static record *records;
static size_t used, room, total;

enum outcome { FINE, GONE, BROKEN };

static int next_byte(session *s)
{
    if (s->at == s->end) {
        ssize_t n = read(s->fd, s->buf, sizeof s->buf);
        if (n <= 0)
            return -1;
        s->at = 0;
        s->end = (size_t)n;
    }
    return s->buf[s->at++];
}

static int write_all(session *s, const void *p, size_t n)
{
    const char *c = p;
    while (n > 0) {
        ssize_t w = write(s->fd, c, n);
        if (w == -1)
            return -1;
        c += w;
        n -= (size_t)w;
    }
    return 0;
}

static int say(session *s, const char *format, ...)
{
    char line[128];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return write_all(s, line, (size_t)n);
}

static int say_bulk(session *s, const text *t)
{
    char *all = malloc(t->n + 32);
    if (all == NULL)
        return -1;
    size_t n = (size_t)sprintf(all, "$%zu\r\n", t->n);
    memcpy(all + n, t->p, t->n);
    memcpy(all + n + t->n, "\r\n", 2);
    int result = write_all(s, all, n + t->n + 2);
    free(all);
    return result;
}

static enum outcome spend(session *s, size_t n)
{
    if (n > s->budget)
        return BROKEN;
    s->budget -= n;
    return FINE;
}

/* The rest of a line that is a number and CR LF. */
static enum outcome read_number(session *s, size_t *number)
{
    int c, digits = 0;
    for (*number = 0; (c = next_byte(s)) >= '0' && c <= '9'; digits++) {
        *number = *number * 10 + (size_t)(c - '0');
        if (*number > MIB || spend(s, 1) != FINE)
            return BROKEN;
    }
    if (c == -1)
        return GONE;
    if (digits == 0 || c != '\r' || spend(s, 2) != FINE)
        return BROKEN;
    c = next_byte(s);
    return c == -1 ? GONE : c == '\n' ? FINE : BROKEN;
}

static enum outcome read_array(session *s)
{
    size_t parts;
    enum outcome o = read_number(s, &parts);
    if (o != FINE)
        return o;
    if (parts > 1024)
        return BROKEN;
    while (s->count < parts) {
        size_t n;
        int c = next_byte(s);
        if (c == -1)
            return GONE;
        if (c != '$' || spend(s, 1) != FINE)
            return BROKEN;
        if ((o = read_number(s, &n)) != FINE)
            return o;
        if (spend(s, n + 2) != FINE)
            return BROKEN;
        text *t = &s->args[s->count++];
        *t = (text){malloc(n + 1), n};
        if (t->p == NULL)
            return GONE;
        for (size_t i = 0; i < n; i++) {
            if ((c = next_byte(s)) == -1)
                return GONE;
            t->p[i] = (unsigned char)c;
        }
        int cr = next_byte(s), lf = cr == -1 ? -1 : next_byte(s);
        if (lf == -1)
            return GONE;
        if (cr != '\r' || lf != '\n')
            return BROKEN;
    }
    return FINE;
}

static enum outcome read_inline(session *s, int c)
{
    size_t size = 0;
    text *t = NULL;
    for (; c != '\n'; c = next_byte(s)) {
        if (c == -1)
            return GONE;
        if (spend(s, 1) != FINE)
            return BROKEN;
        if (c == ' ' || c == '\t' || c == '\r') {
            t = NULL;
            continue;
        }
        if (t == NULL) {
            if (s->count == 1024)
                return BROKEN;
            t = &s->args[s->count++];
            *t = (text){NULL, 0};
            size = 0;
        }
        if (t->n == size) {
            unsigned char *larger = realloc(t->p, size = size * 2 + 16);
            if (larger == NULL)
                return GONE;
            t->p = larger;
        }
        t->p[t->n++] = (unsigned char)c;
    }
    return spend(s, 1) == FINE ? FINE : BROKEN;
}

static int compare(const text *a, const text *b)
{
    int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    return c ? c : (a->n > b->n) - (a->n < b->n);
}

/* Where KEY is, or would be. */
static size_t position(const text *key, int *found)
{
    size_t low = 0, high = used;
    *found = 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int c = compare(key, &records[middle].key);
        if (c == 0)
            *found = 1;
        if (c <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int put(text *key, text *value)
{
    int found;
    size_t i = position(key, &found);
    size_t more = value->n + (found ? 0 : key->n);
    size_t less = found ? records[i].value.n : 0;
    if (total - less + more > 64 * MIB)
        return 0;
    total += more - less;
    if (found) {
        free(records[i].value.p);
        records[i].value = *value;
    } else {
        if (used == room) {
            record *more_records = realloc(records, (room * 2 + 64) * sizeof *records);
            if (more_records == NULL) {
                total -= more;
                return 0;
            }
            records = more_records;
            room = room * 2 + 64;
        }
        memmove(records + i + 1, records + i, (used - i) * sizeof *records);
        records[i] = (record){*key, *value};
        used++;
        key->p = NULL; /* it is the store's now */
    }
    value->p = NULL;
    return 1;
}

static int cut(const text *key)
{
    int found;
    size_t i = position(key, &found);
    if (!found)
        return 0;
    total -= records[i].key.n + records[i].value.n;
    free(records[i].key.p);
    free(records[i].value.p);
    memmove(records + i, records + i + 1, (--used - i) * sizeof *records);
    return 1;
}

static int named(const session *s, const char *name)
{
    return s->args[0].n == strlen(name) &&
           strncasecmp((char *)s->args[0].p, name, s->args[0].n) == 0;
}

static int run_get(session *s)
{
    int found;
    text copy = {NULL, 0};
    pthread_mutex_lock(&lock);
    size_t i = position(&s->args[1], &found);
    if (found) {
        copy = (text){malloc(records[i].value.n + 1), records[i].value.n};
        if (copy.p != NULL)
            memcpy(copy.p, records[i].value.p, copy.n);
    }
    pthread_mutex_unlock(&lock);
    if (found && copy.p == NULL)
        return -1;
    int result = found ? say_bulk(s, &copy) : say(s, "$-1\r\n");
    free(copy.p);
    return result;
}

static int run_many(session *s, int delete_them)
{
    int n = 0, found;
    pthread_mutex_lock(&lock);
    for (size_t i = 1; i < s->count; i++) {
        if (delete_them) {
            n += cut(&s->args[i]);
        } else {
            position(&s->args[i], &found);
            n += found;
        }
    }
    pthread_mutex_unlock(&lock);
    return say(s, ":%d\r\n", n);
}

/* Returns -1 when the conversation is over. */
static int perform(session *s)
{
    size_t n = s->count - 1, size;
    if (named(s, "ping") && n < 2)
        return n ? say_bulk(s, &s->args[1]) : say(s, "+PONG\r\n");
    if (named(s, "echo") && n == 1)
        return say_bulk(s, &s->args[1]);
    if (named(s, "get") && n == 1)
        return run_get(s);
    if (named(s, "del") && n > 0)
        return run_many(s, 1);
    if (named(s, "exists") && n > 0)
        return run_many(s, 0);
    if (named(s, "set") && n == 2) {
        pthread_mutex_lock(&lock);
        int fits = put(&s->args[1], &s->args[2]);
        pthread_mutex_unlock(&lock);
        return say(s, fits ? "+OK\r\n" : "-OOM it is full\r\n");
    }
    if (named(s, "dbsize") && n == 0) {
        pthread_mutex_lock(&lock);
        size = used;
        pthread_mutex_unlock(&lock);
        return say(s, ":%zu\r\n", size);
    }
    if (named(s, "quit")) {
        say(s, "+OK\r\n");
        return -1;
    }
    char name[24] = "";
    for (size_t i = 0; i < s->args[0].n && i < sizeof name - 1; i++)
        name[i] = s->args[0].p[i] < ' ' ? '.' : (char)s->args[0].p[i];
    int result = say(s, "-ERR unknown command '%s'\r\n", name);
    return named(s, "post") || named(s, "host:") ? -1 : result;
}

static void *serve(void *arg)
{
    session *s = arg;
    enum outcome o = FINE;
    int over = 0;

    while (!over) {
        s->count = 0;
        s->budget = MIB - 1;
        int c = next_byte(s);
        o = c == -1 ? GONE : c == '*' ? read_array(s) : read_inline(s, c);
        if (o == FINE && s->count > 0)
            over = perform(s) == -1;
        if (o != FINE)
            over = 1;
        for (size_t i = 0; i < s->count; i++)
            free(s->args[i].p);
    }
    if (o == BROKEN)
        say(s, "-ERR Protocol error: not for me\r\n");
    if (o != GONE) {
        shutdown(s->fd, SHUT_WR);
        while (read(s->fd, s->buf, sizeof s->buf) > 0)
            ;
    }
    close(s->fd);
    free(s);
    pthread_mutex_lock(&lock);
    departures++;
    pthread_cond_broadcast(&freed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void *accept_all(void *arg)
{
    int listener = *(int *)arg;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 65536);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (;;) {
        pthread_mutex_lock(&lock);
        unsigned before = departures;
        pthread_mutex_unlock(&lock);
        int fd = accept(listener, NULL, NULL);
        if (fd == -1 && (errno == EMFILE || errno == ENFILE)) {
            pthread_mutex_lock(&lock);
            while (departures == before)
                pthread_cond_wait(&freed, &lock);
            pthread_mutex_unlock(&lock);
        }
        if (fd == -1)
            continue;
        session *s = calloc(1, sizeof *s);
        pthread_t thread;
        if (s)
            s->fd = fd;
        if (s == NULL || pthread_create(&thread, &attr, serve, s) != 0) {
            free(s);
            close(fd);
        }
    }
    return NULL;
}

static int die(const char *call, int status)
{
    perror(call);
    return status;
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *a;
    int on = 1, listener, signo;
    sigset_t both;
    pthread_t acceptor;

    if (argc > 3 || strspn(port, "0123456789") != strlen(port) || !*port || strlen(port) > 5 || atoi(port) > 65535) {
        fprintf(stderr, "server [HOST [PORT]]\n");
        return 2;
    }
#ifdef M_ARENA_MAX /* glibc's */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 65536);
#endif
    setvbuf(stdout, NULL, _IONBF, 0);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &both, NULL);
    if (getaddrinfo(*host ? host : NULL, port, &hints, &a) != 0) {
        fprintf(stderr, "server: getaddrinfo %s\n", host);
        return 1;
    }
    if ((listener = socket(a->ai_family, SOCK_STREAM, 0)) == -1)
        return die("socket", 1);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, a->ai_addr, a->ai_addrlen) == -1)
        return die("bind", 1);
    if (listen(listener, SOMAXCONN) == -1)
        return die("listen", 1);
    freeaddrinfo(a);

    struct sockaddr_storage where;
    socklen_t len = sizeof where;
    char h[100], p[10];
    getsockname(listener, (struct sockaddr *)&where, &len);
    getnameinfo((struct sockaddr *)&where, len, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(where.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", h, p);
    pthread_create(&acceptor, NULL, accept_all, &listener);
    sigwait(&both, &signo);
    _exit(0);
}
