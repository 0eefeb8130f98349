/*
 * A process for each connection, blocking; a path is resolved by hand (it may have
 * .. in it, and follow links that stay inside), then checked with realpath(); the
 * body of a request is read and dropped.
 */
#define _GNU_SOURCE /* memmem() */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LINE = 8192, MAX_FIELDS = 16384 };

static char top[PATH_MAX];
static int wait_ms = 30000;

static int sock;
static char who[NI_MAXHOST];
static char buf[MAX_LINE + MAX_FIELDS + 4096];
static size_t have;

static struct {
    char line[400];
    int head, close, keep, minor, hosts, lengths, chunked, bad, has_since, has_tags;
    long long length;
    char since[64];
    char path[MAX_LINE + 1];
} q;

static long long ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void put(const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = send(sock, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (k > 0) {
            p += k;
            n -= (size_t)k;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            _exit(0);
        struct pollfd f = {sock, POLLOUT, 0};
        int r = poll(&f, 1, wait_ms);
        if (r == 0)
            _exit(0);
    }
}

/* Bytes received; 0 at the end, -1 if it is too late. */
static ssize_t take(char *p, size_t n, long long until)
{
    for (;;) {
        long long left = until - ms();
        struct pollfd f = {sock, POLLIN, 0};
        if (left <= 0)
            return -1;
        int r = poll(&f, 1, (int)left);
        if (r <= 0)
            continue;
        ssize_t k = recv(sock, p, n, 0);
        if (k == -1 && errno == EINTR)
            continue;
        if (k == -1)
            _exit(0);
        return k;
    }
}

static void finish(void)
{
    char junk[4096];
    long long until = ms() + 3000;

    shutdown(sock, SHUT_WR);
    while (take(junk, sizeof junk, until) > 0)
        ;
    _exit(0);
}

static const char *words(int status)
{
    switch (status) {
    case 200: return "OK";
    case 301: return "Moved Permanently";
    case 304: return "Not Modified";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    }
    return "Bad Request";
}

static void record(int status, intmax_t bytes)
{
    char text[2000], when[40];
    time_t t = time(NULL);
    int n;

    strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S %z", localtime(&t));
    n = snprintf(text, sizeof text, "%s - - [%s] \"", who, when);
    for (char *p = q.line; *p; p++) {
        if (isprint((unsigned char)*p) && *p != '"' && *p != '\\')
            text[n++] = *p;
        else
            n += sprintf(text + n, "%%%02X", (unsigned char)*p);
    }
    n += snprintf(text + n, sizeof text - (size_t)n, "\" %d %jd\n", status, bytes);
    if (write(1, text, (size_t)n) < 0)
        _exit(1);
}

static char out[MAX_LINE * 3 + 1000];
static size_t out_len;

static void add(const char *format, ...)
{
    va_list a;
    va_start(a, format);
    int n = vsnprintf(out + out_len, sizeof out - out_len, format, a);
    va_end(a);
    if (n > 0)
        out_len += (size_t)n;
}

static void begin(int status)
{
    char date[64];
    time_t t = time(NULL);

    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&t));
    out_len = 0;
    add("HTTP/1.1 %d %s\r\nServer: fork\r\ndate: %s\r\n", status, words(status), date);
    if (q.close)
        add("Connection: close\r\n");
    else if (q.minor == 0)
        add("Connection: Keep-Alive\r\n");
}

static void page(int status, const char *more)
{
    char text[200];
    int n = snprintf(text, sizeof text, "<html><body><p>%d: %s.</p></body></html>\n", status, words(status));

    begin(status);
    add("%sContent-Type: text/html\r\nContent-Length: %d\r\n\r\n", more, n);
    if (!q.head)
        add("%s", text);
    record(status, q.head ? 0 : n);
    put(out, out_len);
}

static void fatal(int status)
{
    q.close = 1;
    page(status, "");
    finish();
}

static const char *mime(const char *path)
{
    static const char *table = "html text/html css text/css js application/javascript svg image/svg+xml "
                               "png image/png jpg image/jpeg gif image/gif webp image/webp "
                               "ico image/vnd.microsoft.icon txt text/plain md text/markdown json application/json "
                               "pdf application/pdf epub application/epub+zip xml text/xml "
                               "woff2 font/woff2 mp4 video/mp4 ";
    static char type[64];
    const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
    char key[32];

    if (dot && strlen(dot) < 12 && isalnum((unsigned char)dot[1])) {
        snprintf(key, sizeof key, " %s ", dot + 1);
        const char *at = strncmp(table, key + 1, strlen(key) - 1) == 0 ? table - 1 : strstr(table, key);
        if (at && strchr(at + strlen(key), '/')) {
            sscanf(at + strlen(key), "%63s", type);
            return type;
        }
    }
    return "application/octet-stream";
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* q.path becomes /a/b/c (decoded, without . and ..), or returns the error. */
static int normalize(void)
{
    char clean[MAX_LINE + 2], *end = clean, *in = q.path, *o = q.path;

    for (; *in; in++) {
        if (*in != '%') {
            *o++ = *in;
            continue;
        }
        int a = hex(in[1]), b = a < 0 ? -1 : hex(in[2]);
        if (b < 0)
            return 400;
        if (a + b == 0)
            return 404;
        *o++ = (char)(a * 16 + b);
        in += 2;
    }
    *o = '\0';
    for (in = q.path; *in;) {
        while (*in == '/')
            in++;
        size_t n = strcspn(in, "/");
        if (n == 2 && strncmp(in, "..", 2) == 0) {
            if (end == clean)
                return 404;
            while (*--end != '/')
                ;
        } else if (n > 0 && *in == '.') {
            if (n > 1)
                return 404;
        } else if (n > 0) {
            *end++ = '/';
            memcpy(end, in, n);
            end += n;
        }
        in += n;
    }
    if (o[-1] == '/')
        *end++ = '/';
    *end = '\0';
    strcpy(q.path, *clean ? clean : "/");
    return 0;
}

static void redirect(void)
{
    char more[MAX_LINE * 3 + 40] = "Location: ", *o = more + 10;

    for (char *p = q.path; *p; p++)
        o += sprintf(o, isalnum((unsigned char)*p) || strchr("/-._~", *p) ? "%c" : "%%%02X", (unsigned char)*p);
    strcpy(o, "/\r\n");
    page(301, more);
}

static void serve_file(void)
{
    char wanted[PATH_MAX + MAX_LINE + 20], real[PATH_MAX], date[64], chunk[16384];
    struct stat s;
    int wrong = normalize();
    struct tm tm = {0};

    if (wrong) {
        page(wrong, "");
        return;
    }
    size_t n = strlen(q.path);
    snprintf(wanted, sizeof wanted, "%s%s%s", top, q.path, q.path[n - 1] == '/' ? "index.html" : "");
    if (strlen(wanted) >= PATH_MAX || !realpath(wanted, real)) {
        page(errno == EMFILE || errno == ENOMEM ? 503 : 404, "");
        return;
    }
    if (strncmp(real, top, strlen(top)) != 0 || real[strlen(top)] != '/' || stat(real, &s) == -1) {
        page(404, "");
        return;
    }
    if (S_ISDIR(s.st_mode) && q.path[n - 1] != '/') {
        redirect();
        return;
    }
    int f = S_ISREG(s.st_mode) ? open(real, O_RDONLY | O_NOFOLLOW) : -1;
    if (f == -1 || fstat(f, &s) == -1) {
        page(errno == EMFILE ? 503 : 404, "");
        return;
    }
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&s.st_mtime));
    if (q.has_since && !q.has_tags && strlen(q.since) == strlen(date)) {
        char month[4] = "";
        const char *months = "JanFebMarAprMayJunJulAugSepOctNovDec";
        if (sscanf(q.since, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour,
                   &tm.tm_min, &tm.tm_sec) == 6 && strstr(months, month)) {
            tm.tm_mon = (int)(strstr(months, month) - months) / 3;
            tm.tm_year -= 1900;
            if (s.st_mtime <= timegm(&tm)) {
                begin(304);
                add("\r\n");
                record(304, 0);
                put(out, out_len);
                close(f);
                return;
            }
        }
    }
    begin(200);
    add("content-length: %jd\r\nContent-Type: %s\r\nLAST-MODIFIED: %s\r\n\r\n", (intmax_t)s.st_size, mime(wanted), date);
    record(200, q.head ? 0 : (intmax_t)s.st_size);
    put(out, out_len);
    for (off_t left = q.head ? 0 : s.st_size; left > 0;) {
        ssize_t k = read(f, chunk, left < (off_t)sizeof chunk ? (size_t)left : sizeof chunk);
        if (k <= 0)
            _exit(0);
        put(chunk, (size_t)k);
        left -= k;
    }
    close(f);
}

static int is_token(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)p[i]) && (p[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", p[i])))
            return 0;
    return n > 0;
}

/* 0, or the status of the error that ends the connection. */
static int first_line(char *line, int *status)
{
    static const char *known = " OPTIONS POST PUT DELETE TRACE CONNECT PATCH ";
    char *target = strchr(line, ' '), *version = target ? strrchr(line, ' ') : NULL;
    char word[40];

    if (!target || version == target || !is_token(line, (size_t)(target - line)))
        return 400;
    *target++ = *version++ = '\0';
    if (strchr(target, ' ') || strncmp(version, "HTTP/", 5) || !isdigit((unsigned char)version[5]) ||
        version[6] != '.' || !isdigit((unsigned char)version[7]) || version[8])
        return 400;
    if (version[5] != '1')
        return 505;
    q.minor = version[7] - '0';
    q.close = q.minor == 0;
    q.head = !strcmp(line, "HEAD");
    snprintf(word, sizeof word, " %.30s ", line);
    *status = strcmp(line, "GET") && !q.head ? (strstr(known, word) ? 405 : 501) : 0;
    if (!strncasecmp(target, "http://", 7))
        target = strchr(target + 7, '/') ? strchr(target + 7, '/') : (char *)"/";
    if (*status == 0 && *target != '/')
        return 400;
    snprintf(q.path, sizeof q.path, "%.*s", (int)strcspn(target, "?#"), target);
    return 0;
}

static int field(char *line)
{
    char *colon = strchr(line, ':'), *v, *e, *save = NULL;

    if (!colon || !is_token(line, (size_t)(colon - line)))
        return 400;
    *colon = '\0';
    for (v = colon + 1; *v == ' ' || *v == '\t'; v++)
        ;
    for (e = v + strlen(v); e > v && (e[-1] == ' ' || e[-1] == '\t');)
        *--e = '\0';
    if (!strcasecmp(line, "host") && q.hosts++)
        return 400;
    if (!strcasecmp(line, "content-length")) {
        if (q.lengths++ || strlen(v) > 15 || !*v || v[strspn(v, "0123456789")])
            return 400;
        q.length = atoll(v);
    }
    if (!strcasecmp(line, "transfer-encoding")) {
        if (strcasecmp(v, "chunked"))
            return 400;
        q.chunked = 1;
    }
    if (!strcasecmp(line, "if-modified-since")) {
        q.has_since = strlen(v) < sizeof q.since;
        snprintf(q.since, sizeof q.since, "%s", v);
    }
    if (!strcasecmp(line, "if-none-match"))
        q.has_tags = 1;
    if (!strcasecmp(line, "connection"))
        for (char *w = strtok_r(v, ", \t", &save); w; w = strtok_r(NULL, ", \t", &save)) {
            if (!strcasecmp(w, "close"))
                q.bad = 1;
            if (!strcasecmp(w, "keep-alive"))
                q.keep = 1;
        }
    return 0;
}

/* Answer the request in the first N bytes of buf. */
static void request(size_t n)
{
    int wrong = 0, status = 0, number = 0;

    if (memchr(buf, '\0', n))
        wrong = 400;
    for (char *line = buf, *next; !wrong && line < buf + n - 2; line = next) {
        next = memchr(line, '\n', n);
        if (next[-1] != '\r') {
            wrong = 400;
            break;
        }
        next[-1] = '\0';
        next++;
        for (char *p = line; *p; p++)
            if ((unsigned char)*p < 32 && *p != '\t' ? 1 : *p == 127)
                wrong = 400;
        if (!wrong)
            wrong = number++ == 0 ? first_line(line, &status) : field(line);
    }
    if (!wrong && (q.lengths && q.chunked ? 1 : q.hosts == 0 && q.minor > 0))
        wrong = 400;
    if (wrong)
        fatal(wrong);
    q.close = q.bad || (q.close && !q.keep) || q.chunked || q.length > 1000000;
    memmove(buf, buf + n, have - n);
    have -= n;
    if (status == 405)
        page(405, "Allow: GET,HEAD\r\n");
    else if (status)
        page(status, "");
    else
        serve_file();
    if (q.close)
        finish();
    for (long long until = ms() + wait_ms; q.length > 0;) {
        size_t here = (long long)have < q.length ? have : (size_t)q.length;
        memmove(buf, buf + here, have - here);
        have -= here;
        q.length -= (long long)here;
        if (q.length > 0) {
            ssize_t k = take(buf, sizeof buf, until);
            if (k <= 0)
                finish();
            have = (size_t)k;
        }
    }
}

static void session(void)
{
    for (;;) {
        long long until = ms() + wait_ms;
        int begun = have > 0;
        char *end;

        memset(&q, 0, sizeof q);
        strcpy(q.line, "-");
        q.minor = 1;
        while (!(end = memmem(buf, have, "\r\n\r\n", 4))) {
            char *lf = memchr(buf, '\n', have);
            size_t line = lf ? (size_t)(lf - buf) : have;
            snprintf(q.line, sizeof q.line, "%.*s", (int)(line < 399 ? line : 399), buf);
            if (line > MAX_LINE || have - line > MAX_FIELDS)
                fatal(line > MAX_LINE ? 414 : 431);
            ssize_t k = take(buf + have, 4096, until);
            if (k == 0)
                finish();
            if (k < 0) {
                if (have == 0)
                    _exit(0);
                fatal(408);
            }
            have += (size_t)k;
            if (!begun)
                until = ms() + wait_ms;
            begun = 1;
        }
        size_t line = (size_t)((char *)memchr(buf, '\n', have) - buf), n = (size_t)(end - buf);
        snprintf(q.line, sizeof q.line, "%.*s", (int)(line < 400 ? line - 1 : 399), buf);
        if (line > MAX_LINE || n > line + MAX_FIELDS + 2)
            fatal(line > MAX_LINE ? 414 : 431);
        request(n + 4);
    }
}

static void over(int sig)
{
    (void)sig;
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    _exit(0);
}

static void usage(const char *why)
{
    fprintf(stderr, "server: %s\n", why);
    exit(2);
}

static void failed(const char *call, const char *why)
{
    fprintf(stderr, "server: %s: %s\n", call, why);
    exit(1);
}

static int digits(const char *s, long most)
{
    return *s && strlen(s) < 7 && !s[strspn(s, "0123456789")] && atol(s) <= most;
}

int main(int argc, char **argv)
{
    const char *args[] = {".", "127.0.0.1", "65432", "30"};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *a;
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    char host[100], port[10];
    int one = 1, small = 65536;

    if (argc > 5)
        usage("too many arguments");
    for (int i = 1; i < argc; i++)
        args[i - 1] = argv[i];
    if (!digits(args[2], 65535) || !digits(args[3], 86400) || atoi(args[3]) == 0)
        usage("that is no port, or no number of seconds");
    wait_ms = atoi(args[3]) * 1000;
    struct stat s;
    if (!realpath(args[0], top) || stat(top, &s) == -1)
        failed("realpath", strerror(errno));
    if (!S_ISDIR(s.st_mode))
        failed(args[0], "not a directory");
    int e = getaddrinfo(*args[1] ? args[1] : NULL, args[2], &hints, &a);
    if (e)
        failed("getaddrinfo", gai_strerror(e));
    int l = socket(a->ai_family, SOCK_STREAM, 0);
    if (l == -1)
        failed("socket", strerror(errno));
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(l, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    if (bind(l, a->ai_addr, a->ai_addrlen) == -1)
        failed("bind", strerror(errno));
    if (listen(l, 4096) == -1)
        failed("listen", strerror(errno));
    signal(SIGCHLD, SIG_IGN);
    struct sigaction act = {.sa_handler = over};
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    getsockname(l, (struct sockaddr *)&at, &len);
    getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(strchr(host, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host, port);
    fflush(stdout);
    for (;;) {
        len = sizeof at;
        sock = accept(l, (struct sockaddr *)&at, &len);
        if (sock == -1)
            continue;
        pid_t child = fork();
        if (child == 0) {
            signal(SIGTERM, SIG_DFL);
            signal(SIGINT, SIG_DFL);
            close(l);
            getnameinfo((struct sockaddr *)&at, len, who, sizeof who, NULL, 0, NI_NUMERICHOST);
            session();
        }
        close(sock);
    }
}
