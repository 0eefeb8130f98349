/*
 * One process and epoll.  A state machine eats each byte of a request as it arrives,
 * and keeps only the lines that it needs; the body of a request is eaten, too, so
 * that the connection stays open; files are sent by read() and write() through one
 * shared buffer; every path is walked with O_NOFOLLOW.  Linux only.
 */
#define _GNU_SOURCE /* accept4(), memrchr() */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REQ_LINE 8192
#define REQ_FIELDS 16384

enum state { START, REQUEST, FIELD, BODY, ANSWER, DRAIN, DEAD };

typedef struct peer {
    struct peer *prev, *next;
    int fd, file, state, again;
    int major, minor, head, close, keep, host, err, has_length, chunked, half, tags;
    long long body, at, size, when;
    char *line; /* the line that is being received */
    int used, room, total;
    char *target, *first, *since;
    char *out;
    int out_len, out_at;
    char in[2048]; /* received, and not eaten yet */
    int in_at, in_len;
    char ip[60];
} peer;

static peer all = {.prev = &all, .next = &all};
static int ep, lis, root, refused;
static long long patience;

static long long tick(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void want(peer *p, int events)
{
    struct epoll_event e = {.events = (unsigned)events, .data.ptr = p};
    epoll_ctl(ep, EPOLL_CTL_MOD, p->fd, &e);
}

static void forget_request(peer *p)
{
    free(p->line);
    free(p->target);
    free(p->first);
    free(p->since);
    p->line = p->target = p->first = p->since = NULL;
    p->used = p->room = p->total = 0;
    p->head = p->close = p->keep = p->host = p->err = p->has_length = p->chunked = p->tags = 0;
    p->minor = 1;
    p->body = 0;
}

static void bury(peer *p)
{
    forget_request(p);
    free(p->out);
    if (p->file >= 0)
        close(p->file);
    close(p->fd);
    p->prev->next = p->next;
    p->next->prev = p->prev;
    free(p);
    if (refused) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &lis};
        epoll_ctl(ep, EPOLL_CTL_MOD, lis, &e);
        refused = 0;
    }
}

static const char *text_of(int s)
{
    return s == 200 ? "OK" : s == 301 ? "Moved" : s == 304 ? "Not Modified" : s == 404 ? "Not Found" : s == 405 ? "No Such Method Here"
         : s == 408 ? "Timeout" : s == 414 ? "Long Line" : s == 431 ? "Long Header" : s == 501 ? "Unknown Method"
         : s == 503 ? "Busy" : s == 505 ? "Unknown Version" : "Bad";
}

static void stamp(char *to, size_t n, const char *format, time_t t)
{
    strftime(to, n, format, gmtime(&t));
}

static void answer(peer *p, int status, const char *type, long long size, const char *more)
{
    char date[40], when[40], page[80] = "";
    int bodyless = p->head || status == 304;

    stamp(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", time(NULL));
    stamp(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", time(NULL));
    if (!type)
        size = sprintf(page, "<!doctype html><p>%s</p>", text_of(status));
    p->out = malloc(strlen(more) + 600);
    p->out_at = 0;
    p->out_len = sprintf(p->out, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s%s", status, text_of(status), date, more,
                         p->close ? "Connection: close\r\n" : p->minor == 0 ? "Connection: keep-alive\r\n" : "");
    if (status != 304)
        p->out_len += sprintf(p->out + p->out_len, "Content-Length: %lld\r\nContent-Type: %s\r\n", size, type ? type : "text/html");
    p->out_len += sprintf(p->out + p->out_len, "\r\n%s", bodyless ? "" : page);
    printf("%s - - [%s] \"", p->ip, when);
    for (const char *c = p->first ? p->first : "-"; *c; c++)
        printf(iscntrl((unsigned char)*c) || *c == '"' || *c == '\\' ? "\\x%02X" : "%c", (unsigned char)*c);
    printf("\" %d ", status);
    bodyless ? printf("-\n") : printf("%lld\n", size);
    p->state = ANSWER;
    p->when = tick() + patience;
    want(p, EPOLLOUT);
}

static void refuse(peer *p, int status)
{
    if (!p->first && p->line)
        p->first = strndup(p->line, (size_t)(p->used < 300 ? p->used : 300));
    p->close = 1;
    p->body = 0;
    p->chunked = 0;
    answer(p, status, NULL, 0, "");
}

static const char *kind(const char *name)
{
    static const char *const k[] = {"html=text/html", "css=text/css", "js=text/javascript", "svg=image/svg+xml", "png=image/png",
                                    "jpg=image/jpeg", "gif=image/gif", "webp=image/webp", "ico=image/x-icon", "txt=text/plain",
                                    "md=text/markdown", "json=application/json", "pdf=application/pdf", "epub=application/epub+zip",
                                    "xml=application/xml", "woff2=font/woff2", "mp4=video/mp4"};
    const char *dot = strrchr(name, '.');
    size_t n = dot ? strlen(dot + 1) : 0;

    for (size_t i = 0; n && i < sizeof k / sizeof *k; i++)
        if (!strncasecmp(k[i], dot + 1, n) && k[i][n] == '=')
            return k[i] + n + 1;
    return "application/octet-stream";
}

static int nibble(int c)
{
    return isdigit(c) ? c - '0' : isxdigit(c) ? (c | 32) - 'a' + 10 : -1;
}

/* The next name of the path at *AT; 0, or a status. */
static int next_name(char **at, char *name)
{
    int n = 0;

    for (++*at; **at && **at != '/'; ++*at) {
        int c = (unsigned char)**at;
        if (c == '%') {
            int a = nibble((unsigned char)(*at)[1]), b = a < 0 ? -1 : nibble((unsigned char)(*at)[2]);
            if (b < 0)
                return 400;
            c = a * 16 + b;
            *at += 2;
        }
        if (c == 0 || c == '/' || n == 255)
            return 404;
        name[n++] = (char)c;
    }
    name[n] = '\0';
    return *name == '.' ? 404 : 0;
}

static int lookup(peer *p, char *name, struct stat *st, int *file)
{
    char *at = p->target;
    int dir = dup(root), status = dir == -1 ? 503 : 0;

    while (!status) {
        status = next_name(&at, name);
        if (status)
            break;
        int whole = *name == '\0' && !*at;
        if (*name == '\0' && !whole) {
            status = 404;
        } else if (*at) {
            int d = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
            status = d == -1 ? (errno == EMFILE ? 503 : 404) : 0;
            close(dir);
            dir = d;
        } else {
            if (whole)
                strcpy(name, "index.html");
            if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == -1)
                status = 404;
            else if (S_ISDIR(st->st_mode))
                status = whole ? 404 : 301;
            else if (!S_ISREG(st->st_mode) || (*file = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)) == -1)
                status = S_ISREG(st->st_mode) && errno == EMFILE ? 503 : 404;
            else
                status = fstat(*file, st) == 0 ? 200 : 404;
        }
    }
    if (dir != -1)
        close(dir);
    return status;
}

static long long date_of(const char *s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char m[4] = "", again[40];
    struct tm t = {0};

    if (!s || sscanf(s, "%*3c, %d %3s %d %d:%d:%d GMT", &t.tm_mday, m, &t.tm_year, &t.tm_hour, &t.tm_min, &t.tm_sec) != 6 ||
        !strstr(months, m))
        return -1;
    t.tm_mon = (int)(strstr(months, m) - months) / 3;
    t.tm_year -= 1900;
    long long when = timegm(&t);
    stamp(again, sizeof again, "%a, %d %b %Y %H:%M:%S GMT", when);
    return strcmp(again, s) ? -1 : when;
}

static void whole_request(peer *p)
{
    struct stat st;
    char name[300], more[REQ_LINE + 100], date[40];
    int file = -1;

    if (!p->err && ((p->host == 0 && p->minor > 0) || p->host > 1 || p->has_length + p->chunked > 1))
        p->err = 400;
    if (p->err == 400 || p->err == 505) {
        refuse(p, p->err);
        return;
    }
    p->close |= p->chunked || (p->minor == 0 && !p->keep) || p->body > 1 << 20;
    if (p->close)
        p->body = 0;
    if (p->err) {
        answer(p, p->err, NULL, 0, p->err == 405 ? "Allow: GET, HEAD\r\n" : "");
        return;
    }
    int status = lookup(p, name, &st, &file);
    if (status != 200) {
        sprintf(more, "Location: %s/\r\n", p->target);
        answer(p, status, NULL, 0, status == 301 ? more : "");
        return;
    }
    stamp(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", st.st_mtime);
    sprintf(more, "Last-Modified: %s\r\n", date);
    if (!p->tags && date_of(p->since) >= st.st_mtime) {
        close(file);
        answer(p, 304, "", 0, more);
        return;
    }
    answer(p, 200, kind(name), st.st_size, more);
    p->at = 0;
    p->size = p->head ? 0 : st.st_size;
    if (p->size > 0)
        p->file = file;
    else
        close(file);
}

static int tokens(const char *s, const char *end)
{
    if (s == end)
        return 0;
    for (; s < end; s++)
        if (!isalnum((unsigned char)*s) && !memchr("!#$%&'*+-.^_`|~", *s, 15))
            return 0;
    return 1;
}

static void request_line(peer *p)
{
    static const char *const others = "|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|";
    char *l = p->line, *a = strchr(l, ' '), *b = a ? strchr(a + 1, ' ') : NULL, word[40];

    p->first = strndup(l, 300);
    if (!b || b == a + 1 || strchr(b + 1, ' ') || strchr(l, '\t') || !tokens(l, a) || strlen(b + 1) != 8 || strncmp(b + 1, "HTTP/", 5) ||
        !isdigit((unsigned char)b[6]) || b[7] != '.' || !isdigit((unsigned char)b[8])) {
        p->err = 400;
        return;
    }
    *a++ = *b++ = '\0';
    p->minor = b[7] - '0';
    p->head = !strcmp(l, "HEAD");
    snprintf(word, sizeof word, "|%.30s|", l);
    if (b[5] != '1') {
        p->err = 505;
    } else if (strcmp(l, "GET") && !p->head) {
        p->err = strstr(others, word) ? 405 : 501;
    } else {
        if (!strncasecmp(a, "http://", 7))
            a = strchr(a + 7, '/') ? strchr(a + 7, '/') : (char *)"/";
        if (*a != '/')
            p->err = 400;
        p->target = strndup(a, strcspn(a, "?"));
    }
}

static void field(peer *p)
{
    char *l = p->line, *v = strchr(l, ':'), *e = l + p->used;

    if (!v || !tokens(l, v)) {
        p->err = 400;
        return;
    }
    *v++ = '\0';
    while (*v == ' ' || *v == '\t')
        v++;
    while (e > v && (e[-1] == ' ' || e[-1] == '\t'))
        *--e = '\0';
    if (!strcasecmp(l, "host")) {
        p->host++;
    } else if (!strcasecmp(l, "content-length")) {
        p->has_length++;
        p->body = atoll(v);
        if (!*v || v[strspn(v, "0123456789")] || strlen(v) > 17)
            p->err = 400;
    } else if (!strcasecmp(l, "transfer-encoding")) {
        p->chunked++;
        if (strcasecmp(v, "chunked"))
            p->err = 400;
    } else if (!strcasecmp(l, "if-modified-since")) {
        free(p->since);
        p->since = strdup(v);
    } else if (!strcasecmp(l, "if-none-match")) {
        p->tags = 1; /* none of them is ours: we have none */
    } else if (!strcasecmp(l, "connection")) {
        for (char *w = strtok(v, ", \t"); w; w = strtok(NULL, ", \t")) {
            p->close |= !strcasecmp(w, "close");
            p->keep |= !strcasecmp(w, "keep-alive");
        }
    }
}

/* Eat one byte. */
static void eat(peer *p, char c)
{
    if (p->state == BODY) {
        if (--p->body == 0)
            p->state = START;
        return;
    }
    if (p->state == START) {
        p->when = tick() + patience;
        p->state = REQUEST;
        p->used = p->total = 0;
    }
    if (p->used == p->room) {
        p->room = p->room ? p->room * 2 : 128;
        p->line = realloc(p->line, (size_t)p->room + 1);
    }
    p->line[p->used++] = c;
    p->line[p->used] = '\0';
    p->total += p->state == FIELD;
    if (p->state == REQUEST && p->used > REQ_LINE + 2) {
        refuse(p, 414);
    } else if (p->total > REQ_FIELDS + 2) {
        refuse(p, 431);
    } else if (c == '\n' && p->used > 1 && p->line[p->used - 2] == '\r') {
        p->used -= 2;
        p->line[p->used] = '\0';
        int wrong = 0;
        for (int i = 0; i < p->used; i++)
            wrong |= iscntrl((unsigned char)p->line[i]) && p->line[i] != '\t';
        if (wrong) {
            if (p->state == REQUEST)
                p->first = strndup(p->line, (size_t)p->used);
            p->err = 400;
            if (p->state == FIELD && p->used == 0)
                whole_request(p);
        } else if (p->state == REQUEST) {
            request_line(p);
        } else if (p->used == 0) {
            whole_request(p);
        } else {
            field(p);
        }
        p->used = 0;
        if (p->state == REQUEST)
            p->state = FIELD;
    }
}

static void answered(peer *p)
{
    long long body = p->body;
    int over = p->close;

    forget_request(p);
    p->when = tick() + patience;
    if (over) {
        shutdown(p->fd, SHUT_WR);
        p->state = DRAIN;
        p->when = tick() + 2000;
        p->in_at = p->in_len = 0;
    } else {
        p->body = body;
        p->state = body ? BODY : START;
        p->again = 1;
    }
    want(p, EPOLLIN);
}

static void on_out(peer *p)
{
    static char block[65536];
    ssize_t n;

    if (p->out) {
        n = send(p->fd, p->out + p->out_at, (size_t)(p->out_len - p->out_at), p->size ? MSG_MORE : 0);
        if (n == -1 && errno != EAGAIN)
            p->state = DEAD;
        if (n > 0)
            p->out_at += (int)n;
        if (p->out_at < p->out_len)
            return;
        free(p->out);
        p->out = NULL;
    }
    if (p->at < p->size) {
        n = pread(p->file, block, p->size - p->at < (long long)sizeof block ? (size_t)(p->size - p->at) : sizeof block, p->at);
        if (n > 0)
            n = send(p->fd, block, (size_t)n, 0);
        else
            p->state = DEAD;
        if (n == -1 && errno != EAGAIN)
            p->state = DEAD;
        if (n > 0) {
            p->at += n;
            p->when = tick() + patience;
        }
        if (p->at < p->size)
            return;
        close(p->file);
        p->file = -1;
    }
    p->at = p->size = 0;
    answered(p);
}

static void on_in(peer *p)
{
    if (p->in_at == p->in_len) {
        ssize_t n = recv(p->fd, p->in, sizeof p->in, 0);
        if (n == 0 || (n == -1 && errno != EAGAIN)) {
            p->state = DEAD;
            return;
        }
        p->in_at = 0;
        p->in_len = n > 0 && p->state != DRAIN ? (int)n : 0;
    }
    while (p->in_at < p->in_len && p->state < ANSWER)
        eat(p, p->in[p->in_at++]);
}

static void turn(peer *p)
{
    do {
        p->again = 0;
        if (p->state == ANSWER)
            on_out(p);
        else
            on_in(p);
    } while (p->state != DEAD && (p->again ? p->in_at < p->in_len : p->state == ANSWER && p->out && p->out_at == 0));
    if (p->state == DEAD)
        bury(p);
}

static void newcomers(void)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    int fd = accept4(lis, (struct sockaddr *)&a, &len, SOCK_NONBLOCK);
    peer *p = fd == -1 ? NULL : calloc(1, sizeof *p);

    if (fd == -1 && errno == EMFILE) {
        struct epoll_event none = {.data.ptr = &lis};
        epoll_ctl(ep, EPOLL_CTL_MOD, lis, &none);
        refused = 1;
    }
    if (!p)
        return;
    p->fd = fd;
    p->file = -1;
    p->minor = 1;
    p->when = tick() + patience;
    p->prev = &all;
    p->next = all.next;
    all.next->prev = p;
    all.next = p;
    getnameinfo((struct sockaddr *)&a, len, p->ip, sizeof p->ip, NULL, 0, NI_NUMERICHOST);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

/* Those whose time is over; returns how long epoll_wait() may wait. */
static int late(void)
{
    long long t = tick(), first = t + 1000000;

    for (peer *p = all.next, *next; p != &all; p = next) {
        next = p->next;
        if (p->when <= t && (p->state == REQUEST || p->state == FIELD)) {
            refuse(p, 408);
        } else if (p->when <= t) {
            bury(p);
            continue;
        }
        if (p->when < first)
            first = p->when;
    }
    return all.next == &all ? -1 : first > t ? (int)(first - t) : 0;
}

static void die(int status, const char *what, const char *why)
{
    fprintf(stderr, "server: %s%s\n", what, why);
    exit(status);
}

static long whole(const char *s, long low, long high)
{
    char *e;
    long n = isdigit((unsigned char)*s) ? strtol(s, &e, 10) : -1;

    if (n < low || n > high || *e)
        die(2, "no such number: ", s);
    return n;
}

int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : ".", *host = argc > 2 ? argv[2] : "127.0.0.1", *port = argc > 3 ? argv[3] : "65432";
    struct addrinfo h = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *r;
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    struct rlimit lim;
    char ip[80], service[10];
    sigset_t set;
    int one = 1, low = 65536, e;

    if (argc > 5)
        die(2, "too many arguments", "");
    whole(port, 0, 65535);
    patience = argc > 4 ? whole(argv[4], 1, 86400) * 1000 : 30000;
    getrlimit(RLIMIT_NOFILE, &lim);
    lim.rlim_cur = lim.rlim_max;
    setrlimit(RLIMIT_NOFILE, &lim);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    root = open(dir, O_PATH | O_DIRECTORY);
    if (root == -1)
        die(1, "open: ", strerror(errno));
    e = getaddrinfo(*host ? host : NULL, port, &h, &r);
    if (e)
        die(1, "getaddrinfo: ", gai_strerror(e));
    lis = socket(r->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(lis, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(lis, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low, sizeof low);
    if (bind(lis, r->ai_addr, r->ai_addrlen) == -1)
        die(1, "bind: ", strerror(errno));
    if (listen(lis, 1000) == -1)
        die(1, "listen: ", strerror(errno));
    int sig = signalfd(-1, &set, 0);
    ep = epoll_create1(0);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &lis}, got[64];
    epoll_ctl(ep, EPOLL_CTL_ADD, lis, &ev);
    ev.data.ptr = &set;
    epoll_ctl(ep, EPOLL_CTL_ADD, sig, &ev);
    getsockname(lis, (struct sockaddr *)&a, &len);
    getnameinfo((struct sockaddr *)&a, len, ip, sizeof ip, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(strchr(ip, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n", ip, service);
    for (;;) {
        int wait = late();
        fflush(stdout);
        int n = epoll_wait(ep, got, 64, wait);
        for (int i = 0; i < n; i++) {
            if (got[i].data.ptr == &set)
                return 0;
            if (got[i].data.ptr == &lis)
                newcomers();
            else
                turn(got[i].data.ptr);
        }
    }
}
