/*
 * Two threads for each client: one reads lines, one sends what is in a list.  All
 * calls block; one mutex protects the room.  Linux only (mallopt: one arena, so
 * that memory can be compared).
 */
#include <errno.h>
#include <malloc.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct message {
    struct message *next;
    size_t len;
    char text[];
};

typedef struct person {
    struct person *next; /* in the room */
    int fd;
    char name[21];
    int here, kicked, done;
    struct message *first, *last;
    size_t waiting; /* bytes in the list, and those that are being sent */
    pthread_cond_t more;
    pthread_t writer;
} person;

static pthread_mutex_t room = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t departed = PTHREAD_COND_INITIALIZER;
static unsigned departures;
static person *people;
static int listener, patience = 60;
static pthread_attr_t small;

/* The room is locked when these are called. */
static void give(person *p, const char *text, size_t len)
{
    struct message *m;

    if (p->kicked)
        return;
    if (p->waiting + len > 65536 || !(m = malloc(sizeof *m + len))) {
        p->kicked = 1;
        shutdown(p->fd, SHUT_RDWR); /* both of its threads notice */
        pthread_cond_signal(&p->more);
        return;
    }
    m->next = NULL;
    m->len = len;
    memcpy(m->text, text, len);
    if (p->last)
        p->last->next = m;
    else
        p->first = m;
    p->last = m;
    p->waiting += len;
    pthread_cond_signal(&p->more);
}

static void give_others(person *me, const char *format, ...)
{
    char line[1100];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (person *p = people; p; p = p->next)
        if (p != me)
            give(p, line, (size_t)n);
}

static void depart(person *me)
{
    person **p = &people;

    if (!me->here)
        return;
    while (*p != me)
        p = &(*p)->next;
    *p = me->next;
    me->here = 0;
    give_others(me, "* %s has left\n", me->name);
}

static void *write_list(void *argument)
{
    person *me = argument;

    pthread_mutex_lock(&room);
    for (;;) {
        while (!me->first && !me->done && !me->kicked)
            pthread_cond_wait(&me->more, &room);
        struct message *m = me->first;
        if (me->kicked || !m)
            break;
        me->first = m->next;
        if (!me->first)
            me->last = NULL;
        pthread_mutex_unlock(&room);
        size_t sent = 0;
        while (sent < m->len) {
            ssize_t n = write(me->fd, m->text + sent, m->len - sent);
            if (n == -1 && errno == EINTR)
                continue;
            if (n == -1)
                break;
            sent += (size_t)n;
        }
        pthread_mutex_lock(&room);
        me->waiting -= m->len;
        if (sent < m->len)
            me->kicked = 1;
        free(m);
    }
    while (me->first) {
        struct message *m = me->first;
        me->first = m->next;
        free(m);
    }
    if (me->kicked)
        shutdown(me->fd, SHUT_RDWR);
    pthread_mutex_unlock(&room);
    return NULL;
}

static void complain(person *me, const char *what)
{
    char line[80];

    pthread_mutex_lock(&room);
    int n = snprintf(line, sizeof line, "error: %s\n", what);
    give(me, line, (size_t)n);
    depart(me);
    pthread_mutex_unlock(&room);
}

static int valid(const char *name, size_t len)
{
    if (len < 1 || len > 20)
        return 0;
    for (size_t i = 0; i < len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                    "0123456789_-",
                    name[i]) ||
            name[i] == '\0')
            return 0;
    return 1;
}

static int arrive(person *me, const char *name)
{
    static char list[1 << 16];
    size_t n;

    pthread_mutex_lock(&room);
    for (person *p = people; p; p = p->next)
        if (!strcmp(p->name, name)) {
            pthread_mutex_unlock(&room);
            complain(me, "somebody has this name");
            return 0;
        }
    strcpy(me->name, name);
    n = (size_t)sprintf(list, "* welcome, %s; ", name);
    if (!people)
        n += (size_t)sprintf(list + n, "nobody else is here yet\n");
    for (person *p = people; p && n < sizeof list - 40; p = p->next)
        n += (size_t)sprintf(list + n, "%s%s%s", p == people ? "here are: " : "",
                             p->name, p->next ? ", " : "\n");
    give(me, list, n);
    me->next = people;
    people = me;
    me->here = 1;
    give_others(me, "* %s has joined\n", name);
    pthread_mutex_unlock(&room);
    return 1;
}

/* Let the writers catch up whose clients read: their lists must not become too long. */
static void pace(person *me)
{
    person *p;

    pthread_mutex_lock(&room);
    do {
        for (p = people; p; p = p->next) {
            struct pollfd fd = {.fd = p->fd, .events = POLLOUT};
            if (p != me && !p->kicked && p->waiting > 32768 &&
                poll(&fd, 1, 0) == 1)
                break;
        }
        if (p) {
            pthread_mutex_unlock(&room);
            sched_yield();
            pthread_mutex_lock(&room);
        }
    } while (p);
    pthread_mutex_unlock(&room);
}

/* Take the LEN bytes of a line.  Returns 0 if that was the last. */
static int take(person *me, char *line, size_t len)
{
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len > 1024) {
        complain(me, "too long");
        return 0;
    }
    if (!*me->name && !valid(line, len)) {
        complain(me, "not a name");
        return 0;
    }
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') ||
            line[i] == 0x7f)
            line[i] = '?';
    line[len] = '\0';
    if (!*me->name)
        return arrive(me, line);
    if (len == 0)
        return 1;
    pthread_mutex_lock(&room);
    if (!me->kicked)
        give_others(me, "<%s> %s\n", me->name, line);
    pthread_mutex_unlock(&room);
    return 1;
}

static long long milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void converse(person *me)
{
    const long long deadline = milliseconds() + patience * 1000LL;
    char buf[2048];
    size_t len = 0;

    for (;;) {
        if (!*me->name) {
            struct pollfd fd = {.fd = me->fd, .events = POLLIN};
            long long left = deadline - milliseconds();
            if (left <= 0)
                return;
            if (poll(&fd, 1, (int)left) <= 0)
                continue;
        }
        ssize_t n = read(me->fd, buf + len, sizeof buf - len);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        len += (size_t)n;
        char *start = buf, *end;
        while ((end = memchr(start, '\n', len))) {
            size_t whole = (size_t)(end - start);
            if (!take(me, start, whole))
                return;
            pace(me);
            start = end + 1;
            len -= whole + 1;
        }
        memmove(buf, start, len);
        if (len > 1025 || (len == 1025 && buf[1024] != '\r')) {
            complain(me, "too long");
            return;
        }
    }
}

static void *entertain(void *argument)
{
    person *me = argument;
    int has_writer = !pthread_create(&me->writer, &small, write_list, me);

    if (has_writer)
        converse(me);
    pthread_mutex_lock(&room);
    depart(me);
    me->done = 1;
    pthread_cond_signal(&me->more);
    pthread_mutex_unlock(&room);
    if (has_writer)
        pthread_join(me->writer, NULL);
    close(me->fd);
    pthread_cond_destroy(&me->more);
    free(me);
    pthread_mutex_lock(&room);
    departures++;
    pthread_cond_signal(&departed);
    pthread_mutex_unlock(&room);
    return NULL;
}

static void *doorkeeper(void *argument)
{
    (void)argument;
    for (;;) {
        pthread_mutex_lock(&room);
        unsigned before = departures;
        pthread_mutex_unlock(&room);
        int fd = accept(listener, NULL, NULL);
        person *p = fd == -1 ? NULL : calloc(1, sizeof *p);
        pthread_t thread;
        if (fd == -1 && (errno == EMFILE || errno == ENFILE)) {
            perror("accept");
            pthread_mutex_lock(&room);
            while (departures == before)
                pthread_cond_wait(&departed, &room);
            pthread_mutex_unlock(&room);
        }
        if (fd == -1)
            continue;
        if (p) {
            p->fd = fd;
            pthread_cond_init(&p->more, NULL);
        }
        if (!p || pthread_create(&thread, &small, entertain, p)) {
            close(fd);
            free(p);
        } else {
            pthread_detach(thread);
        }
    }
    return NULL;
}

static int is_number(const char *text, unsigned long least, unsigned long most)
{
    return *text && strspn(text, "0123456789") == strlen(text) &&
           strlen(text) < 10 && strtoul(text, NULL, 10) >= least &&
           strtoul(text, NULL, 10) <= most;
}

static void bad(const char *call)
{
    perror(call);
    exit(1);
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE},
                    *found;
    struct rlimit files;
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    int on = 1, signo;
    sigset_t ends;
    pthread_t thread;

    if (argc > 4 || !is_number(port, 0, 65535) ||
        (argc > 3 && !is_number(argv[3], 1, 86400))) {
        fprintf(stderr, "usage: server [HOST [PORT [SECONDS]]]\n");
        return 2;
    }
    if (argc > 3)
        patience = atoi(argv[3]);
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (error) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
        return 1;
    }
    listener = socket(found->ai_family, SOCK_STREAM, 0);
    if (listener == -1)
        bad("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, found->ai_addr, found->ai_addrlen) == -1)
        bad("bind");
    if (listen(listener, 128) == -1)
        bad("listen");
    freeaddrinfo(found);
    getsockname(listener, (struct sockaddr *)&own, &len);
    char name[100], service[20];
    getnameinfo((struct sockaddr *)&own, len, name, sizeof name, service,
                sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    if (pthread_create(&thread, NULL, doorkeeper, NULL))
        bad("pthread_create");
    printf(own.ss_family == AF_INET6 ? "listening on [%s]:%s\n"
                                     : "listening on %s:%s\n",
           name, service);
    fflush(stdout);
    sigwait(&ends, &signo);
    _exit(0);
}
