/*
 * server.c - a web server: serves the files of a directory over HTTP/1.1.
 *
 *     cc -o server server.c
 *     ./server [DIRECTORY [HOST [PORT [SECONDS]]]]
 *                                         (default: . 127.0.0.1 65432 30)
 *     then open http://127.0.0.1:65432/ in a browser
 *
 * A client has SECONDS to send its request.  New since lesson 10: process()
 * finds the head of a request instead of a line, and an answer may end with a
 * file, which send_file() sends.  See also: client.c.
 */
#define _FILE_OFFSET_BITS 64 /* off_t: files of more than 2 GiB everywhere */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/sendfile.h>
#endif
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The most descriptors that we use: the default of Linux's fs.nr_open. */
enum { MANY = 1 << 20 };
enum { PIECE = 4096 }; /* the most bytes that one recv() may return */
enum { ACCEPT_MOST = 64 }; /* the most clients that we accept in one turn */
enum { PAUSE = 1000 }; /* milliseconds: how long accept() rests if it failed */
enum { LINE_MOST = 8192, HEADER_MOST = 16384 }; /* bytes of a request */
enum { OUT_MOST = 4096 }; /* with as many to send, we answer no more */
enum { SMALL = 2048 }; /* so small a file goes out together with its header */
enum { TURN_MOST = 1 << 18 }; /* bytes of a file that we send in one turn */
enum { LINGER = 2000 }; /* milliseconds for a client to read why it must go */
static const long long never = LLONG_MAX; /* a time that does not come */

/* Bytes in memory: data[0] to data[len - 1], with room for cap. */
struct buffer {
    char *data; /* NULL if there are none: an idle client has no buffer */
    size_t len, cap;
};

struct client {
    int fd;
    struct buffer in, out; /* received and not answered yet; not sent yet */
    size_t scanned; /* no head ends in the first `scanned` bytes of `in` */
    int file; /* after `out` comes this file, from `at` to `end`, */
    off_t at, end; /* and there is no such file if they are equal */
    char host[64]; /* its address, for the log; "" if we have not asked yet */
    long long deadline; /* by now(): it must have done something until then */
    bool more; /* `in` may hold another complete request */
    bool last; /* we take no more requests */
    bool ended; /* it has finished sending */
    bool closing; /* and the last byte that we send it is in `out` */
    bool lost; /* there is nothing that we could still do for it */
};

/* All that poll() watches.  (Memory that nobody touches costs nothing.) */
struct watch {
    struct pollfd fds[MANY]; /* LISTENER, SIGNALS, then the clients' */
    struct client *clients[MANY]; /* clients[i] belongs to fds[i] */
    size_t count; /* of both arrays */
    long long accept_paused_until; /* by now() */
    long long patience; /* milliseconds for a client to do something */
    long long first; /* no deadline of a client is sooner than this */
    int root; /* the directory that we serve */
};
enum { LISTENER, SIGNALS, FIRST_CLIENT };

/* The fields that we read, and in which a client may contradict itself. */
enum { HOST, LENGTH, ENCODING, SINCE, NONE_MATCH, FIELDS };
static const char *const field_names[] = {
    "Host",          "Content-Length", "Transfer-Encoding", "If-Modified-Since",
    "If-None-Match",
};

/* The head of a request, and what it says. */
struct request {
    char *line; /* a copy of its first line, for the log */
    char *head; /* all of its lines; we cut them into strings, and the */
    size_t line_len, head_len; /* pointers below lead there */
    char *path; /* still percent-encoded, without the query */
    const char *values[FIELDS]; /* NULL if there is no such field */
    int counts[FIELDS]; /* how many of them there are */
    bool head_only; /* the method is HEAD */
    bool old; /* the version is HTTP/1.0 */
    bool close, keep_alive; /* what the Connection field asks for */
};

/* A file that is open. */
struct file {
    int fd;
    char name[NAME_MAX + 1]; /* without directories */
    struct stat info;
};

/* What we answer. */
struct answer {
    int status;
    const char *type; /* of the body; NULL if there is none, as in a 304 */
    off_t length;
    const char *name, *value; /* one more field, or NULL */
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
        lose(c);
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
 * Send at most N bytes of C->file, from C->at on, and move C->at.  Returns how
 * many that were, 0 at the end of the file, or -1 if something fails.
 */
static ssize_t send_from_file(struct client *c, size_t n)
{
#ifdef __linux__
    /* From the kernel's cache of the file into the socket, not through us. */
    return sendfile(c->fd, c->file, &c->at, n);
#else
    char piece[PIECE];
    ssize_t got =
        pread(c->file, piece, n < sizeof piece ? n : sizeof piece, c->at);
    ssize_t sent = got > 0 ? send(c->fd, piece, (size_t)got, 0) : got;

    if (sent > 0)
        c->at += sent;
    return sent;
#endif
}

/*
 * Send as much of C's file as the kernel takes, but at most TURN_MOST bytes.
 * After the last byte of a last answer, half-close.  Sets C->lost if something
 * fails, or if the file has become shorter than we have announced.
 */
static void send_file(struct client *c)
{
    off_t left = c->end - c->at;
    ssize_t n =
        send_from_file(c, left < TURN_MOST ? (size_t)left : (size_t)TURN_MOST);

    if (n == -1 && errno == EAGAIN)
        return;
    if (n <= 0) {
        errno = n == 0 ? EIO : errno;
        lose(c);
        return;
    }
    if (c->at < c->end)
        return;
    close(c->file);
    c->closing = c->last;
    if (c->closing && shutdown(c->fd, SHUT_WR) == -1)
        lose(c);
}

/* Return whether there is something that we have to send to C. */
static bool busy(const struct client *c)
{
    return c->out.len > 0 || c->at < c->end;
}

/* Write the date and time WHEN into the SIZE bytes of TEXT, as HTTP has it. */
static void format_date(char *text, size_t size, time_t when)
{
    struct tm *t = gmtime(&when);

    if (t == NULL || strftime(text, size, "%a, %d %b %Y %T GMT", t) == 0)
        *text = '\0';
}

/*
 * Return the time that TEXT stands for, in the form that we send, or -1 if it
 * has another one.  (There are two older forms.  Nobody sends them any more,
 * and to send the file is never wrong.)
 */
static time_t parse_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm t = {.tm_sec = 0};
    char month[4] = "";
    int end = 0;

    sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT%n", &t.tm_mday, month,
           &t.tm_year, &t.tm_hour, &t.tm_min, &t.tm_sec, &end);
    const char *found = strstr(months, month);
    if (end == 0 || text[end] != '\0' || found == NULL)
        return -1;
    t.tm_mon = (int)(found - months) / 3;
    t.tm_year -= 1900;
    return timegm(&t);
}

/* Return the words that belong to STATUS. */
static const char *reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {301, "Moved Permanently"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {414, "URI Too Long"},
        {431, "Request Header Fields Too Large"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

/* Return the type of a file, by the ending of its NAME. */
static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {"html", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"gif", "image/gif"},
        {"webp", "image/webp"},
        {"ico", "image/x-icon"},
        {"txt", "text/plain; charset=utf-8"},
        {"md", "text/markdown; charset=utf-8"},
        {"json", "application/json"},
        {"pdf", "application/pdf"},
        {"epub", "application/epub+zip"},
        {"xml", "application/xml"},
        {"woff2", "font/woff2"},
        {"mp4", "video/mp4"},
    };
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot + 1, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

/*
 * Print the LEN bytes of TEXT.  Those that could control a terminal, or end the
 * quotation in the log, become \xHH.
 */
static void print_escaped(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (iscntrl(byte) || byte == '"' || byte == '\\')
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
}

/* Print how we answer R, in the Common Log Format. */
static void log_answer(struct client *c, const struct request *r,
                       const struct answer *a)
{
    bool has_body = a->type && !r->head_only;
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    time_t seconds = time(NULL);
    struct tm *t = gmtime(&seconds);
    char date[64] = "";

    if (*c->host == '\0' &&
        (getpeername(c->fd, (struct sockaddr *)&addr, &len) == -1 ||
         getnameinfo((struct sockaddr *)&addr, len, c->host, sizeof c->host,
                     NULL, 0, NI_NUMERICHOST) != 0))
        strcpy(c->host, "-");
    if (t)
        strftime(date, sizeof date, "%d/%b/%Y:%T +0000", t);
    printf("%s - - [%s] \"", c->host, date);
    print_escaped(r->line, r->line_len);
    printf("\" %d %jd\n", a->status, (intmax_t)(has_body ? a->length : 0));
}

/* Append to C->out the text that FORMAT makes.  Sets C->lost if that fails. */
__attribute__((format(printf, 2, 3))) static void
print_to(struct client *c, const char *format, ...)
{
    char text[LINE_MOST + 256]; /* a Location can be that long */
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!c->lost && !append(&c->out, text, (size_t)len))
        lose(c);
}

/* Append the header of answer A to R to C->out, and log it. */
static void send_header(struct client *c, const struct request *r,
                        const struct answer *a)
{
    char date[64];

    format_date(date, sizeof date, time(NULL));
    print_to(c, "HTTP/1.1 %d %s\r\nDate: %s\r\n", a->status, reason(a->status),
             date);
    if (a->type)
        print_to(c, "Content-Type: %s\r\nContent-Length: %jd\r\n", a->type,
                 (intmax_t)a->length);
    if (a->name)
        print_to(c, "%s: %s\r\n", a->name, a->value);
    if (c->last)
        print_to(c, "Connection: close\r\n");
    else if (r->old)
        print_to(c, "Connection: keep-alive\r\n");
    print_to(c, "\r\n");
    log_answer(c, r, a);
}

/*
 * Answer R with STATUS, one more field (unless NAME is NULL), and a page that
 * says no more than that.
 */
static void send_page(struct client *c, const struct request *r, int status,
                      const char *name, const char *value)
{
    char page[256];
    int len =
        snprintf(page, sizeof page,
                 "<!doctype html>\n<title>%d %s</title>\n<h1>%d %s</h1>\n",
                 status, reason(status), status, reason(status));
    struct answer a = {status, type_of(".html"), len, name, value};

    send_header(c, r, &a);
    if (!r->head_only)
        print_to(c, "%s", page);
}

/*
 * Answer STATUS to a request that is malformed or incomplete.  We cannot know
 * where the next one would begin, so C must go.
 */
static void refuse_request(struct client *c, const struct request *r,
                           int status)
{
    c->last = true;
    send_page(c, r, status, NULL, NULL);
    discard(&c->in, c->in.len);
}

/* Return the value of a hexadecimal digit. */
static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0'
                                     : tolower((unsigned char)c) - 'a' + 10;
}

/*
 * Decode the LEN bytes of SEGMENT, a part of a path, into NAME, which has room
 * for SIZE.  Returns false if no file that we serve has such a name: one that
 * begins with a dot, such as "..", or that holds a slash or a zero byte.
 */
static bool decode(const char *segment, size_t len, char *name, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        char byte = segment[i];
        if (byte == '%') { /* and two digits: parse_target() has seen them */
            byte = (char)(digit(segment[i + 1]) * 16 + digit(segment[i + 2]));
            i += 2;
        }
        if (byte == '/' || byte == '\0' || used + 1 == size)
            return false;
        name[used++] = byte;
    }
    name[used] = '\0';
    return *name != '\0' && *name != '.';
}

/* Return the status for a file that cannot be opened (see errno). */
static int status_of_error(void)
{
    bool ours = errno == EMFILE || errno == ENFILE || errno == ENOMEM;

    return ours ? 503 : 404; /* perhaps there is room for it later */
}

/*
 * Open FILE->name, a regular file in DIR.  Returns 200, and sets the rest of
 * FILE; 301 if it is a directory; or another status.  We look before we open
 * it, because opening a FIFO or a device can do something, and look again then,
 * because somebody may have replaced it in between.
 */
static int open_file(int dir, struct file *file)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

    if (fstatat(dir, file->name, &file->info, AT_SYMLINK_NOFOLLOW) == -1)
        return status_of_error();
    if (S_ISDIR(file->info.st_mode))
        return 301;
    if (!S_ISREG(file->info.st_mode))
        return 404;
    file->fd = openat(dir, file->name, flags);
    if (file->fd == -1)
        return status_of_error();
    if (fstat(file->fd, &file->info) == 0 && S_ISREG(file->info.st_mode))
        return 200;
    close(file->fd);
    return 404;
}

/*
 * Open the file that PATH leads to, below ROOT, as open_file() does.  We go
 * from directory to directory, never up and never along a symbolic link, so
 * there is no way out of ROOT.
 */
static int open_path(int root, const char *path, struct file *file)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int dir = root, status = 404;

    while (dir != -1) {
        const char *segment = path + 1;
        size_t len = strcspn(segment, "/");
        path = segment + len;
        bool index =
            len == 0 && *path == '\0'; /* there is a slash at the end */
        if (index)
            strcpy(file->name, "index.html");
        else if (!decode(segment, len, file->name, sizeof file->name))
            break;
        if (*path == '\0') {
            status = open_file(dir, file);
            if (index && status == 301)
                status = 404;
            break;
        }
        int next = openat(dir, file->name, flags);
        if (next == -1)
            status = status_of_error();
        if (dir != root)
            close(dir);
        dir = next;
    }
    if (dir != root && dir != -1)
        close(dir);
    return status;
}

/*
 * Answer R with FILE, and close it when it is sent.  A small file is read now,
 * so that header and body leave in one send().
 */
static void answer_with_file(struct client *c, const struct request *r,
                             const struct file *file)
{
    char date[64], small[SMALL];
    const struct stat *info = &file->info;
    struct answer a = {200, type_of(file->name), info->st_size, "Last-Modified",
                       date};
    const char *since = r->counts[SINCE] == 1 ? r->values[SINCE] : NULL;

    format_date(date, sizeof date, info->st_mtime);
    if (since && !r->values[NONE_MATCH] && info->st_mtime <= parse_date(since))
        a = (struct answer){304, NULL, 0, "Last-Modified", date};
    send_header(c, r, &a);
    c->file = file->fd;
    c->at = 0;
    c->end = a.status == 304 || r->head_only ? 0 : info->st_size;
    if (c->end > 0 && c->end <= SMALL) {
        ssize_t n = pread(c->file, small, (size_t)c->end, 0);
        if (n > 0 && !append(&c->out, small, (size_t)n))
            lose(c);
        c->at = n > 0 ? n : 0; /* send_file() sees it if bytes are missing */
    }
    if (c->at == c->end)
        close(c->file);
}

/*
 * Find the path in TARGET, which is all that a client may write between method
 * and version: a path, or a URL as proxies get them.  Returns false if it is
 * neither, or if a % is not followed by two digits.
 */
static bool parse_target(char *target, struct request *r)
{
    static char root[] = "/";

    if (strncasecmp(target, "http://", 7) == 0) {
        target += 7;
        size_t host = strcspn(target, "/?");
        if (host == 0)
            return false;
        target = target[host] == '/' ? target + host : root;
    }
    if (*target != '/' || strpbrk(target, "\\#"))
        return false;
    if (strchr(target, '?'))
        *strchr(target, '?') = '\0';
    for (const char *p = target; (p = strchr(p, '%')); p++)
        if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]))
            return false;
    r->path = target;
    return true;
}

/* Return the status for METHOD: 200 if it is one that we have. */
static int check_method(const char *method)
{
    static const char *const others[] = {
        "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT",
    };

    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return 200;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(method, others[i]) == 0)
            return 405;
    return 501;
}

/* Characters that a method or the name of a field may be made of. */
static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                            "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/*
 * Split LINE into method, target and version.  Returns the status: 200 if it is
 * a request for a file.
 */
static int parse_request_line(char *line, struct request *r)
{
    size_t method = strspn(line, token);
    char *target = line + method + 1;

    if (method == 0 || line[method] != ' ')
        return 400;
    line[method] = '\0';
    char *version = target + strcspn(target, " ");
    if (*version == '\0')
        return 400;
    *version++ = '\0';
    bool valid = strncmp(version, "HTTP/", 5) == 0 &&
                 isdigit((unsigned char)version[5]) && version[6] == '.' &&
                 isdigit((unsigned char)version[7]) && version[8] == '\0';
    if (!valid)
        return 400;
    if (version[5] != '1')
        return 505;
    r->old = version[7] == '0';
    r->head_only = strcmp(line, "HEAD") == 0;
    int status = check_method(line);
    return status == 200 && !parse_target(target, r) ? 400 : status;
}

/* Return whether WORD is in LIST, between commas and spaces, in any case. */
static bool lists(const char *list, const char *word)
{
    while (*list) {
        size_t len = strcspn(list, ", \t");
        if (len == strlen(word) && strncasecmp(list, word, len) == 0)
            return true;
        list += len + (list[len] != '\0');
    }
    return false;
}

/*
 * Read a field, LINE.  Returns false if it is none.  (A space before the colon
 * or at the beginning of the line is forbidden, because servers and proxies
 * have understood it in different ways.)
 */
static bool parse_field(char *line, struct request *r)
{
    size_t name_len = strspn(line, token);
    char *value = line + name_len + 1;

    if (name_len == 0 || line[name_len] != ':')
        return false;
    line[name_len] = '\0';
    value += strspn(value, " \t");
    size_t len = strlen(value);
    while (len > 0 && strchr(" \t", value[len - 1]))
        value[--len] = '\0';
    for (int i = 0; i < FIELDS; i++)
        if (strcasecmp(line, field_names[i]) == 0) {
            r->values[i] = value;
            r->counts[i]++;
        }
    if (strcasecmp(line, "Connection") == 0) {
        r->close |= lists(value, "close");
        r->keep_alive |= lists(value, "keep-alive");
    }
    return true;
}

/*
 * Return whether the fields of R agree with each other: we must be sure where
 * the request ends.
 */
static bool agree(const struct request *r)
{
    const char *host = r->values[HOST], *length = r->values[LENGTH];
    const char *encoding = r->values[ENCODING];

    if (r->counts[HOST] > 1 || (r->counts[HOST] == 0 && !r->old))
        return false;
    if (host && strpbrk(host, " \t,/?#@\\"))
        return false;
    if (r->counts[LENGTH] + r->counts[ENCODING] > 1)
        return false;
    if (length && (*length == '\0' || strlen(length) > 18 ||
                   length[strspn(length, "0123456789")] != '\0'))
        return false;
    return encoding == NULL ||
           (!r->old && strcasecmp(encoding, "chunked") == 0);
}

/*
 * Cut R->head into lines, and read them.  Returns the status: 200 if it is a
 * request for a file.
 */
static int parse_head(struct request *r)
{
    char *end = r->head + r->head_len, *line = r->head, *newline;
    int status = 200;

    for (; line < end; line = newline + 1) {
        newline = memchr(line, '\n', (size_t)(end - line));
        char *stop =
            newline > line && newline[-1] == '\r' ? newline - 1 : newline;
        *stop = '\0';
        for (char *p = line; p < stop; p++)
            if (iscntrl((unsigned char)*p) && *p != '\t')
                return 400;
        if (line == r->head)
            status = parse_request_line(line, r);
        else if (line < stop && !parse_field(line, r))
            return 400;
        if (status == 400 || status == 505)
            return status;
    }
    return agree(r) ? status : 400;
}

/* Answer R with a file below ROOT, or with a page that says why not. */
static void answer_request(int root, struct client *c, struct request *r)
{
    struct file file;
    int status = parse_head(r);

    if (status == 400 || status == 505) {
        refuse_request(c, r, status);
        return;
    }
    const char *length = r->values[LENGTH];
    bool has_body =
        r->values[ENCODING] || (length && length[strspn(length, "0")] != '\0');
    /* We do not read a body, and must not take it for the next request. */
    c->last = has_body || r->close || (r->old && !r->keep_alive);
    if (status == 200)
        status = open_path(root, r->path, &file);
    if (status == 200) {
        answer_with_file(c, r, &file);
    } else if (status == 301) {
        memcpy(r->path + strlen(r->path), "/", 2); /* over a space or a ? */
        send_page(c, r, status, "Location", r->path);
    } else {
        send_page(c, r, status, status == 405 ? "Allow" : NULL, "GET, HEAD");
    }
}

/*
 * Return how many bytes the head at the beginning of C->in has, the empty line
 * at its end included, or 0 if it is not complete.  Goes on where it stopped
 * the last time.
 */
static size_t head_length(struct client *c)
{
    const char *in = c->in.data, *newline;
    size_t len = c->in.len;

    while ((newline = memchr(in + c->scanned, '\n', len - c->scanned))) {
        size_t next = (size_t)(newline + 1 - in);
        if (next < len && in[next] == '\n')
            return next + 1;
        if (next + 1 < len && in[next] == '\r' && in[next + 1] == '\n')
            return next + 2;
        if (next + 2 > len) /* what follows the newline has not arrived yet */
            return 0;
        c->scanned = next;
    }
    c->scanned = len;
    return 0;
}

/*
 * Move the head of C's next request, if it is complete, from C->in to R->head,
 * without the empty lines before it, which are allowed.  Returns 200, 0 if it
 * is not complete yet, or another status if it is too long.
 */
static int take_head(struct client *c, struct request *r)
{
    const char *in = c->in.data;
    size_t len = c->in.len, start = 0;

    while (start < len &&
           (in[start] == '\n' ||
            (len - start > 1 && in[start] == '\r' && in[start + 1] == '\n')))
        start += in[start] == '\n' ? 1 : 2;
    if (c->scanned < start)
        c->scanned = start;
    size_t end = head_length(c), so_far = end > 0 ? end : len;
    const char *newline = memchr(in + start, '\n', so_far - start);
    size_t line = newline ? (size_t)(newline - in) : so_far;
    r->line_len = line - start < LINE_MOST ? line - start : LINE_MOST;
    memcpy(r->line, in + start, r->line_len);
    if (r->line_len > 0 && r->line[r->line_len - 1] == '\r')
        r->line_len--;
    if (line > LINE_MOST)
        return 414;
    if (so_far - line > HEADER_MOST)
        return 431;
    if (end == 0)
        return 0;
    r->head_len = end - start;
    memcpy(r->head, in + start, r->head_len);
    discard(&c->in, end);
    c->scanned = 0;
    return 200;
}

/*
 * Answer the requests in C->in that are complete, until OUT_MOST bytes or a
 * file wait for C.  A client that has ended gets what it has asked for.
 */
static void process(struct watch *w, struct client *c)
{
    char line[LINE_MOST], head[LINE_MOST + HEADER_MOST];

    c->more = false;
    while (c->in.len > 0 && !c->last && !c->more) {
        struct request r = {.line = line, .head = head};
        int status = take_head(c, &r);
        if (status == 0)
            break;
        if (status == 200)
            answer_request(w->root, c, &r);
        else
            refuse_request(c, &r, status);
        c->more = c->out.len >= OUT_MOST || c->at < c->end;
    }
    if (c->ended && !c->more)
        c->last = true;
    if (c->last) {
        discard(&c->in, c->in.len);
        c->more = false;
    }
    c->closing = c->last && c->at == c->end;
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
static void admit_newcomers(struct watch *w)
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
        *c = (struct client){.fd = conn, .deadline = now() + w->patience};
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

/* Close the file that client I was getting, if any, and disconnect it. */
static void drop(struct watch *w, size_t i)
{
    struct client *c = w->clients[i];

    if (c->at < c->end)
        close(c->file);
    disconnect(w, i);
}

/* Client C must do something within MILLISECONDS. */
static void set_deadline(struct watch *w, struct client *c,
                         long long milliseconds)
{
    c->deadline = now() + milliseconds;
    if (c->deadline < w->first)
        w->first = c->deadline;
}

/*
 * Send what waits for C, as much as the kernel takes.  Returns whether that was
 * something.
 */
static bool send_waiting(struct client *c)
{
    size_t unsent = c->out.len;
    off_t at = c->at;

    if (unsent > 0)
        write_to(c);
    if (c->out.len == 0 && at < c->end && !c->lost)
        send_file(c);
    return c->out.len < unsent || c->at > at;
}

/*
 * Give client I a turn.  If nothing waits for it, we receive some bytes and
 * answer the requests in them.  It has a new deadline when the first bytes of a
 * request have arrived, and whenever it takes something of an answer: so one
 * byte now and then does not keep a request alive.
 */
static void attend_to(struct watch *w, size_t i)
{
    struct client *c = w->clients[i];
    bool begun = c->in.len > 0;

    if (!busy(c)) {
        if (!c->more && !c->ended)
            read_from(c);
        if (!c->closing && !c->lost)
            process(w, c);
    }
    bool progress = c->in.len > 0 && !begun;
    if (busy(c) && !c->lost && send_waiting(c))
        progress = true;
    if (progress)
        set_deadline(w, c, c->closing && !busy(c) ? LINGER : w->patience);
    w->fds[i].events = busy(c) || c->more ? POLLOUT : POLLIN;
    if (c->lost || (c->closing && c->ended && !busy(c)))
        drop(w, i);
}

/*
 * The time of client I is up.  If we wait for the rest of a request, we say so
 * and give C a last chance to read that.  Returns whether it stays for that.
 */
static bool warn_late(struct watch *w, size_t i)
{
    struct client *c = w->clients[i];
    char line[LINE_MOST], head[LINE_MOST + HEADER_MOST];
    struct request r = {.line = line, .head = head};

    if (c->in.len == 0 || c->last || busy(c) || take_head(c, &r) != 0)
        return false;
    refuse_request(c, &r, 408);
    c->closing = true;
    set_deadline(w, c, LINGER);
    w->fds[i].events = POLLOUT;
    return !c->lost;
}

/* Disconnect the clients whose deadline has passed. */
static void disconnect_late(struct watch *w)
{
    long long time = now();

    if (time < w->first)
        return;
    w->first = never;
    for (size_t i = w->count; i-- > FIRST_CLIENT;) { /* backwards */
        struct client *c = w->clients[i];
        if (c->deadline <= time && !warn_late(w, i))
            drop(w, i);
        else if (c->deadline < w->first)
            w->first = c->deadline;
    }
}

/*
 * Decide whether poll() shall watch the listener.  Returns for how long it may
 * wait, in milliseconds, or -1 if there is no reason to stop.
 */
static int wait_most(struct watch *w)
{
    long long time = now(), first = w->first;
    bool paused = w->accept_paused_until > time;

    w->fds[LISTENER].events = paused ? 0 : POLLIN;
    if (paused && w->accept_paused_until < first)
        first = w->accept_paused_until;
    if (first == never)
        return -1;
    return first > time ? (int)(first - time) : 0;
}

/* Serve files until a signal arrives.  Exits if poll() fails. */
static void run_server(struct watch *w)
{
    while (w->fds[SIGNALS].revents == 0) {
        fflush(stdout); /* the lines of the log since we last came here */
        if (poll(w->fds, (nfds_t)w->count, wait_most(w)) == -1) {
            if (errno != EINTR)
                err(1, "poll");
            continue; /* there is a byte in the pipe now */
        }
        for (size_t i = w->count; i-- > FIRST_CLIENT;) /* backwards */
            if (w->fds[i].revents)
                attend_to(w, i);
        disconnect_late(w);
        if (w->fds[LISTENER].revents) {
            admit_newcomers(w);
            if (w->first > now() + w->patience)
                w->first = now() + w->patience;
        }
    }
}

/* Return how many milliseconds SECONDS is.  Exits if it makes no sense. */
static long long parse_seconds(const char *seconds)
{
    unsigned long n = strtoul(seconds, NULL, 10);
    bool digits = seconds[strspn(seconds, "0123456789")] == '\0';

    if (!digits || n < 1 || n > 86400)
        errx(2, "%s: not a number of seconds (1 to 86400)", seconds);
    return (long long)n * 1000;
}

int main(int argc, char *argv[])
{
    if (argc > 5)
        errx(2, "usage: server [DIRECTORY [HOST [PORT [SECONDS]]]]");
    const char *directory = argc > 1 ? argv[1] : ".";
    const char *host = argc > 2 ? argv[2] : "127.0.0.1";
    const char *port = argc > 3 ? argv[3] : "65432";
    check_port(port);

    static struct watch w;
    w.first = never;
    w.patience = parse_seconds(argc > 4 ? argv[4] : "30");
    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */
    raise_descriptor_limit();
    w.root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w.root == -1)
        err(1, "open %s", directory);
    int listener = listen_on(host, port, SOMAXCONN), on = 1,
        unsent_most = 1 << 16;
    /* No answer waits for an ACK of the one before; conns inherit this. */
    if (setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
        err(1, "setsockopt");
#ifdef TCP_NOTSENT_LOWAT
    /* The kernel shall not take megabytes: we could not see whether C reads. */
    if (setsockopt(listener, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_most,
                   sizeof unsent_most))
        err(1, "setsockopt");
#endif
    watch(&w, listener, NULL);
    watch(&w, catch_signals(), NULL);
    printf("listening on ");
    print_local_address(w.fds[LISTENER].fd);
    if (puts("") == EOF || fflush(stdout) == EOF)
        err(1, "stdout");
    run_server(&w);
}
