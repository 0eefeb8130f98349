/*
 * A thread for each connection.  A request is read line by line, and judged at its
 * end; a file is found by openat2() and RESOLVE_BENEATH as a descriptor with O_PATH,
 * and opened by that; a connection with a body is closed.  Linux only.
 */
#define _GNU_SOURCE /* strptime(), O_PATH, syscall() */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef long long msec;

enum { LONGEST_LINE = 8192, LONGEST_HEADER = 16384 };
enum seen { HOST = 1, SECOND_HOST = 2, LENGTH = 4, CHUNKED = 8, WRONG = 16, CLOSE = 32, KEEP = 64, BODY = 128, TAGS = 256 };

struct visit {
    int s;
    char name[64];
    char in[4096];
    size_t at, end;
    msec until;
    char line[LONGEST_HEADER + 2];
    char shown[200];
    char target[LONGEST_LINE + 2];
    char since[64];
    unsigned seen;
    int minor, head_only;
    int error; /* of the first line */
    int closing;
};

static int root;
static msec patience;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t somebody_left = PTHREAD_COND_INITIALIZER;
static unsigned long left;

static msec clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (msec)1000 + t.tv_nsec / 1000000;
}

static _Noreturn void leave(struct visit *v)
{
    close(v->s);
    free(v);
    pthread_mutex_lock(&lock);
    left++;
    pthread_cond_signal(&somebody_left);
    pthread_mutex_unlock(&lock);
    pthread_exit(NULL);
}

/* Wait for EVENTS until then; 0 if they did not come. */
static int wait_for(struct visit *v, short events, msec until)
{
    struct pollfd p = {.fd = v->s, .events = events};
    for (;;) {
        msec now = clock_ms();
        int n = poll(&p, 1, now < until ? (int)(until - now) : 0);
        if (n > 0 || (n == 0 && clock_ms() >= until))
            return n;
    }
}

static void send_bytes(struct visit *v, const char *p, size_t n, int flags)
{
    while (n > 0) {
        ssize_t k = send(v->s, p, n, MSG_NOSIGNAL | flags);
        if (k == -1 && (errno == EAGAIN ? !wait_for(v, POLLOUT, clock_ms() + patience) : errno != EINTR))
            leave(v);
        p += k > 0 ? k : 0;
        n -= k > 0 ? (size_t)k : 0;
    }
}

static _Noreturn void good_bye(struct visit *v)
{
    char rest[2048];
    msec until = clock_ms() + 2500;

    shutdown(v->s, SHUT_WR);
    while (wait_for(v, POLLIN, until)) {
        ssize_t n = recv(v->s, rest, sizeof rest, 0);
        if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
            break;
    }
    leave(v);
}

static void note(struct visit *v, int status, long long bytes)
{
    char text[1200], date[40];
    time_t t = time(NULL);
    struct tm tm;
    size_t n;

    strftime(date, sizeof date, "%d/%b/%Y:%T +0000", gmtime_r(&t, &tm));
    n = (size_t)snprintf(text, sizeof text, "%s - - [%s] \"", v->name, date);
    for (const unsigned char *p = (const unsigned char *)v->shown; *p; p++)
        n += (size_t)sprintf(text + n, *p < 32 || *p > 126 || *p == '"' || *p == '\\' ? "\\%03o" : "%c", *p);
    n += (size_t)sprintf(text + n, "\" %d %lld\n", status, bytes);
    if (write(STDOUT_FILENO, text, n) == -1)
        _exit(1);
}

static int head(struct visit *v, char *to, int status, const char *phrase)
{
    char date[40];
    time_t t = time(NULL);
    struct tm tm;

    strftime(date, sizeof date, "%a, %d %b %Y %T GMT", gmtime_r(&t, &tm));
    return sprintf(to, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: %s\r\n", status, phrase, date,
                   v->closing ? "close" : "keep-alive");
}

static void say(struct visit *v, int status)
{
    static const struct {
        int status;
        const char *phrase, *more;
    } all[] = {{301, "Moved", ""}, {400, "Bad Request", ""}, {404, "Not Found", ""}, {403, "Forbidden", ""},
               {405, "Not Allowed", "Allow: HEAD, GET\r\n"}, {408, "Too Late", ""}, {414, "Too Long", ""},
               {431, "Too Much", ""}, {501, "Unknown Method", ""}, {503, "Try Again", ""}, {505, "Which Version", ""}};
    char *text = malloc(LONGEST_LINE + 600), body[200];
    int i = 0, n, len;

    while (all[i].status != status)
        i++;
    len = sprintf(body, "<!DOCTYPE html><html><head><title>%s</title></head><body>%s</body></html>", all[i].phrase, all[i].phrase);
    n = head(v, text, status, all[i].phrase);
    n += sprintf(text + n, "%s", all[i].more);
    if (status == 301)
        n += sprintf(text + n, "Location: .%s/\r\n", strrchr(v->target, '/')); /* from here */
    n += sprintf(text + n, "Content-Type: text/html;charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len, v->head_only ? "" : body);
    note(v, status, v->head_only ? 0 : len);
    send_bytes(v, text, (size_t)n, 0);
    free(text);
}

static _Noreturn void fail(struct visit *v, int status)
{
    v->closing = 1;
    say(v, status);
    good_bye(v);
}

static int next(struct visit *v, int first)
{
    while (v->at == v->end) {
        if (!wait_for(v, POLLIN, v->until)) {
            if (first)
                leave(v);
            fail(v, 408);
        }
        ssize_t n = recv(v->s, v->in, sizeof v->in, 0);
        if (n == 0)
            good_bye(v);
        if (n == -1 && errno != EAGAIN && errno != EINTR)
            leave(v);
        v->at = 0;
        v->end = n > 0 ? (size_t)n : 0;
    }
    return (unsigned char)v->in[v->at++];
}

/* Read a line of at most MOST bytes; returns its length, without its end. */
static size_t read_line(struct visit *v, size_t most, int too_long, int first)
{
    size_t n = 0;

    for (;;) {
        int c = next(v, first && n == 0);
        if (first && n == 0)
            v->until = clock_ms() + patience;
        if (first && n < sizeof v->shown - 1 && c != '\r' && c != '\n') {
            v->shown[n] = c ? (char)c : 1;
            v->shown[n + 1] = '\0';
        }
        if (c == '\n' && n > 0 && v->line[n - 1] == '\r')
            break;
        if (n == most)
            fail(v, too_long);
        v->line[n++] = (char)c;
    }
    v->line[--n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)v->line[i] < ' ' && v->line[i] != '\t') || v->line[i] == 127)
            v->seen |= WRONG;
    return n;
}

static int token(const char *p, size_t n)
{
    size_t good = 0;
    while (good < n && p[good] > ' ' && p[good] < 127 && !strchr("\"(),/:;<=>?@[\\]{}", p[good]))
        good++;
    return n > 0 && good == n;
}

static void read_request_line(struct visit *v)
{
    char *save, *method, *target, *version;
    static const char *others[] = {"POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

    read_line(v, LONGEST_LINE, 414, 1);
    if (*v->line == ' ' || strstr(v->line, "  "))
        fail(v, 400);
    method = strtok_r(v->line, " ", &save);
    target = strtok_r(NULL, " ", &save);
    version = strtok_r(NULL, " ", &save);
    if (!method || !target || !version || strtok_r(NULL, " ", &save) || !token(method, strlen(method)) || v->seen & WRONG)
        fail(v, 400);
    if (strlen(version) != 8 || strncmp(version, "HTTP/", 5) || !isdigit((unsigned char)version[5]) || version[6] != '.' ||
        !isdigit((unsigned char)version[7]))
        fail(v, 400);
    if (version[5] != '1')
        fail(v, 505);
    v->minor = version[7] - '0';
    v->head_only = strcmp(method, "HEAD") == 0;
    if (!v->head_only && strcmp(method, "GET") != 0) {
        v->error = 501;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (!strcmp(method, others[i]))
                v->error = 405;
        return;
    }
    if (!strncasecmp(target, "http://", 7)) {
        target += 7 + strcspn(target + 7, "/?");
        target = *target == '/' ? target : "/";
    }
    if (*target != '/')
        fail(v, 400);
    strcpy(v->target, target);
    v->target[strcspn(v->target, "?")] = '\0';
}

static void read_field(struct visit *v, size_t n)
{
    char *colon = memchr(v->line, ':', n), *value, *save;

    if (!colon || !token(v->line, (size_t)(colon - v->line))) {
        v->seen |= WRONG;
        return;
    }
    *colon = '\0';
    value = colon + 1 + strspn(colon + 1, " \t");
    for (n = strlen(value); n > 0 && strchr(" \t", value[n - 1]); n--)
        value[n - 1] = '\0';
    if (!strcasecmp(v->line, "Host"))
        v->seen |= v->seen & HOST ? SECOND_HOST : HOST;
    if (!strcasecmp(v->line, "Content-Length")) {
        if (v->seen & LENGTH || n == 0 || n > 18 || strspn(value, "0123456789") != n)
            v->seen |= WRONG;
        v->seen |= LENGTH | (strspn(value, "0") == n ? 0 : BODY);
    }
    if (!strcasecmp(v->line, "Transfer-Encoding"))
        v->seen |= CHUNKED | BODY | (strcasecmp(value, "chunked") ? WRONG : 0);
    if (!strcasecmp(v->line, "If-Modified-Since") && n < sizeof v->since)
        strcpy(v->since, value);
    if (!strcasecmp(v->line, "If-None-Match"))
        v->seen |= TAGS;
    if (!strcasecmp(v->line, "Connection"))
        for (char *p = strtok_r(value, " \t,", &save); p; p = strtok_r(NULL, " \t,", &save))
            v->seen |= !strcasecmp(p, "close") ? CLOSE : !strcasecmp(p, "keep-alive") ? KEEP : 0;
}

/* Decode v->target into PLAIN.  Returns a status, or 0. */
static int decode(const struct visit *v, char *plain)
{
    char two[3] = "";

    for (const char *p = v->target; *p; p++) {
        if (*p == '%') {
            if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]))
                return 400;
            memcpy(two, p + 1, 2);
            *plain = (char)strtol(two, NULL, 16);
            if (*plain == '\0')
                return 404;
            plain++;
            p += 2;
        } else {
            *plain++ = *p;
        }
    }
    *plain = '\0';
    return 0;
}

static const char *type_of(const char *path)
{
    static const char *types[] = {"html", "text/html", "css", "text/css", "js", "text/javascript", "svg", "image/svg+xml",
                                  "png", "image/png", "jpg", "image/jpeg", "gif", "image/gif", "webp", "image/webp",
                                  "ico", "image/x-icon", "txt", "text/plain", "md", "text/markdown", "json", "application/json",
                                  "pdf", "application/pdf", "epub", "application/epub+zip", "xml", "application/xml",
                                  "woff2", "font/woff2", "mp4", "video/mp4", NULL};
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');

    for (int i = 0; dot && types[i]; i += 2)
        if (!strcmp(types[i], dot + 1))
            return types[i + 1];
    return "application/octet-stream";
}

static int why_not(void)
{
    return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? 503 : errno == EACCES ? 403 : 404;
}

static void send_file(struct visit *v)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    char plain[LONGEST_LINE + 20], self[40], text[700], date[40];
    struct stat st;
    struct tm tm = {0};
    int wrong = decode(v, plain);

    if (wrong || strstr(plain, "/.")) {
        say(v, wrong ? wrong : 404);
        return;
    }
    size_t n = strlen(plain);
    int directory = plain[n - 1] == '/';
    strcat(plain, directory ? "index.html" : "");
    long path = syscall(SYS_openat2, root, plain + 1, &how, sizeof how);
    if (path == -1) {
        say(v, why_not());
        return;
    }
    if (fstat((int)path, &st) == -1 || !S_ISREG(st.st_mode)) {
        close((int)path);
        say(v, S_ISDIR(st.st_mode) && !directory && strncmp(v->target, "//", 2) ? 301 : 404);
        return;
    }
    sprintf(self, "/proc/self/fd/%d", (int)path);
    int f = open(self, O_RDONLY | O_CLOEXEC);
    int status = f == -1 ? why_not() : 200;
    close((int)path);
    if (status != 200) {
        say(v, status);
        return;
    }
    strftime(date, sizeof date, "%a, %d %b %Y %T GMT", gmtime_r(&st.st_mtime, &tm));
    struct tm since = {0};
    const char *end = strptime(v->since, "%a, %d %b %Y %T GMT", &since);
    if (!(v->seen & TAGS) && end && *end == '\0' && timegm(&since) >= st.st_mtime) {
        n = (size_t)head(v, text, 304, "Not Modified");
        strcpy(text + n, "\r\n");
        note(v, 304, 0);
        send_bytes(v, text, n + 2, 0);
        close(f);
        return;
    }
    n = (size_t)head(v, text, 200, "OK");
    n += (size_t)sprintf(text + n, "Accept-Ranges: none\r\nLast-Modified: %s\r\nContent-Type: %s\r\nContent-Length: %lld\r\n\r\n", date,
                         type_of(plain), (long long)st.st_size);
    note(v, 200, v->head_only ? 0 : (long long)st.st_size);
    off_t at = 0, all = v->head_only ? 0 : st.st_size;
    send_bytes(v, text, n, all ? MSG_MORE : 0);
    while (at < all) {
        ssize_t k = sendfile(v->s, f, &at, all - at < 1 << 20 ? (size_t)(all - at) : 1 << 20);
        if (k == 0 || (k == -1 && (errno == EAGAIN ? !wait_for(v, POLLOUT, clock_ms() + patience) : errno != EINTR))) {
            close(f);
            leave(v);
        }
    }
    close(f);
}

static void *meet(void *p)
{
    struct visit *v = p;

    for (;;) {
        size_t room = LONGEST_HEADER, n;
        v->until = clock_ms() + patience;
        v->seen = 0;
        v->error = v->head_only = 0;
        strcpy(v->shown, "-");
        *v->since = '\0';
        read_request_line(v);
        while ((n = read_line(v, room, 431, 0)) > 0) {
            room = room > n + 2 ? room - n - 2 : 0;
            read_field(v, n);
        }
        unsigned s = v->seen;
        if (s & (WRONG | SECOND_HOST) || (!(s & HOST) && v->minor > 0) || (s & LENGTH && s & CHUNKED))
            fail(v, 400);
        v->closing = s & (CLOSE | BODY) || (v->minor == 0 && !(s & KEEP));
        if (v->error)
            say(v, v->error);
        else
            send_file(v);
        if (v->closing)
            good_bye(v);
    }
}

static void on_signal(int s)
{
    (void)s;
    _exit(0);
}

static int bad(const char *s, unsigned long from, unsigned long to)
{
    return *s == '\0' || s[strspn(s, "0123456789")] != '\0' || strlen(s) > 8 || atol(s) < (long)from || atol(s) > (long)to;
}

static int complain(int status, const char *what, const char *why)
{
    fprintf(stderr, "server: %s: %s\n", what, why);
    return status;
}

static void print_ready(int l)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    char host[80], port[8];

    getsockname(l, (struct sockaddr *)&a, &len);
    getnameinfo((struct sockaddr *)&a, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(a.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host, port);
    fflush(stdout);
}

static void *only_leave(void *nothing)
{
    pthread_exit(nothing);
}

int main(int argc, char *argv[])
{
    char *dir = argc > 1 ? argv[1] : ".", *host = argc > 2 ? argv[2] : "127.0.0.1", *port = argc > 3 ? argv[3] : "65432",
         *seconds = argc > 4 ? argv[4] : "30";
    struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *a;
    struct rlimit most;
    int one = 1, low = 32768, error;
    pthread_attr_t small;

    if (argc > 5 || bad(port, 0, 65535) || bad(seconds, 1, 86400))
        return complain(2, "usage", "server [DIRECTORY [HOST [PORT [SECONDS]]]]");
    patience = atol(seconds) * 1000;
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    if ((root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
        return complain(1, "open", strerror(errno));
    if ((error = getaddrinfo(*host ? host : NULL, port, &want, &a)))
        return complain(1, "getaddrinfo", gai_strerror(error));
    int l = socket(a->ai_family, SOCK_STREAM, 0);
    if (l == -1)
        return complain(1, "socket", strerror(errno));
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(l, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low, sizeof low);
    if (bind(l, a->ai_addr, a->ai_addrlen))
        return complain(1, "bind", strerror(errno));
    if (listen(l, SOMAXCONN))
        return complain(1, "listen", strerror(errno));
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 131072);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    /* glibc loads a library for the first pthread_exit(), and needs a descriptor to do so. */
    pthread_t first;
    if (pthread_create(&first, NULL, only_leave, NULL) == 0)
        pthread_join(first, NULL);
    print_ready(l);
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        pthread_t t;
        pthread_mutex_lock(&lock);
        unsigned long before = left;
        pthread_mutex_unlock(&lock);
        int s = accept4(l, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (s == -1 && (errno == EMFILE || errno == ENFILE)) {
            pthread_mutex_lock(&lock);
            while (left == before)
                pthread_cond_wait(&somebody_left, &lock);
            pthread_mutex_unlock(&lock);
        }
        if (s == -1)
            continue;
        struct visit *v = calloc(1, sizeof *v);
        if (v) {
            v->s = s;
            getnameinfo((struct sockaddr *)&peer, len, v->name, sizeof v->name, NULL, 0, NI_NUMERICHOST);
        }
        if (!v || pthread_create(&t, &small, meet, v)) {
            close(s);
            free(v);
        }
    }
}
