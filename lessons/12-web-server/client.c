/*
 * client.c - fetch a URL, and write its content to stdout.
 *
 *     cc -o client client.c
 *     ./client http://HOST[:PORT]/PATH
 *
 * The exit status is 1 if the server has something else for us than the
 * document, or not all of it.  See also: server.c; curl, which everybody uses.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MOST = 16384 }; /* bytes of a line that we accept */
static const long long to_the_end = -1; /* a length that nobody has told us */

struct url {
    char *host, *port; /* as connect_to() wants them */
    char *authority; /* both, as the URL has them */
    char *target; /* path and query */
};

/* What the header of an answer says about the body. */
struct body {
    long long length;
    bool chunked;
};

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
 * Return a new TCP socket that is connected to HOST and PORT.  A name can have
 * several addresses: we try one after the other.  Exits if none answers.
 */
static int connect_to(const char *host, const char *port)
{
    struct addrinfo *list = resolve(host, port, 0);
    int conn = -1;

    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        bool last = addr->ai_next == NULL;

        conn = socket(addr->ai_family, SOCK_STREAM, 0);
        if (conn == -1 && last)
            err(1, "socket");
        if (conn == -1)
            continue;
        if (connect(conn, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        if (last)
            err(1, "connect %s %s", host, port);
        close(conn);
    }
    freeaddrinfo(list);
    return conn;
}

/* Return a copy of the LEN bytes of TEXT.  Exits if there is no memory. */
static char *copy(const char *text, size_t len)
{
    char *string = strndup(text, len);

    if (string == NULL)
        err(1, "strndup");
    return string;
}

/*
 * Take TEXT apart, which is http://HOST[:PORT][/PATH].  Exits if it is not.  (A
 * space or a newline in it would become a part of our request.)
 */
static struct url parse_url(const char *text)
{
    struct url url;

    for (const char *p = text; *p; p++)
        if (iscntrl((unsigned char)*p) || *p == ' ')
            errx(2, "a URL has no spaces and no control bytes");
    if (strncasecmp(text, "http://", 7) != 0)
        errx(2, "%s: not a URL that begins with http://", text);
    text += 7;
    size_t len = strcspn(text, "/?#");
    url.authority = copy(text, len);
    bool brackets = *text == '['; /* an IPv6 address, which has colons */
    size_t host = brackets ? strcspn(text, "]") + 1 : strcspn(text, ":/?#");
    bool valid = host <= len && host > (brackets ? 2 : 0) &&
                 (host == len || text[host] == ':') &&
                 strchr(url.authority, '@') == NULL;
    if (!valid)
        errx(2, "%s: not a host, or a host and a port", url.authority);
    url.host = copy(text + brackets, host - 2 * brackets);
    bool port = len > host + 1; /* the colon alone means nothing */
    url.port = port ? copy(text + host + 1, len - host - 1) : copy("80", 2);
    check_port(url.port);
    const char *path = text + len;
    size_t target = strcspn(path, "#"); /* the rest is not for the server */
    url.target = malloc(target + 2);
    if (url.target == NULL)
        err(1, "malloc");
    snprintf(url.target, target + 2, "%s%.*s", *path == '/' ? "" : "/",
             (int)target, path);
    return url;
}

/* Ask for URL.  Exits if that fails. */
static void ask_for(FILE *server, const struct url *url)
{
    fprintf(server,
            "GET %s HTTP/1.1\r\n"
            "Host: %s\r\n"
            "Connection: close\r\n"
            "\r\n",
            url->target, url->authority);
    if (fflush(server) == EOF)
        err(1, "send");
}

/*
 * Read the next line into LINE, which has room for LINE_MOST bytes, and remove
 * its end, LF or CR LF.  Control bytes become question marks, because we may
 * print the line, and a terminal obeys them.  Exits if there is no line.
 */
static void next_line(FILE *server, char *line)
{
    if (fgets(line, LINE_MOST, server) == NULL) {
        if (ferror(server))
            err(1, "recv");
        errx(1, "the server closed before its answer was complete");
    }
    size_t len = strlen(line);
    if (len == 0 || line[len - 1] != '\n')
        errx(1, "a line of the answer is too long, or has no end");
    line[--len] = '\0';
    if (len > 0 && line[len - 1] == '\r')
        line[--len] = '\0';
    for (char *p = line; *p; p++)
        if (iscntrl((unsigned char)*p) && *p != '\t')
            *p = '?';
}

/*
 * Return the number at the beginning of TEXT, which only spaces or what is in
 * STOP may follow.  Exits if it is none.
 */
static long long parse_length(const char *text, int base, const char *stop)
{
    const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
    size_t len = strspn(text, digits);
    const char *end = text + len + strspn(text + len, " \t");

    /* 15 digits are fewer than 64 bits, in each base. */
    if (len == 0 || len > 15 || (*end && strchr(stop, *end) == NULL))
        errx(1, "the answer has an invalid length: %s", text);
    return strtoll(text, NULL, base);
}

/* Read the field LINE; *BODY changes if it is about the body. */
static void read_field(char *line, struct body *body)
{
    char *value = strchr(line, ':');

    if (value == NULL)
        errx(1, "the answer has a field without a colon: %s", line);
    *value++ = '\0';
    value += strspn(value, " \t");
    if (strcasecmp(line, "Content-Length") == 0) {
        long long length = parse_length(value, 10, "");
        if (body->length != to_the_end && body->length != length)
            errx(1, "the answer has two lengths");
        body->length = length;
    } else if (strcasecmp(line, "Transfer-Encoding") == 0) {
        if (strncasecmp(value, "chunked", 7) != 0 ||
            value[7 + strspn(value + 7, " \t")] != '\0')
            errx(1, "the answer has an encoding that we do not know: %s",
                 value);
        body->chunked = true;
    }
}

/*
 * Read status line and header of the answer.  Copies the line to STATUS_LINE
 * and returns the status.  Answers that only say that another follows (100 to
 * 199) are skipped.  Exits if something is wrong with it.
 */
static int read_header(FILE *server, char *status_line, struct body *body)
{
    char line[LINE_MOST];
    int status;

    do {
        *body = (struct body){.length = to_the_end};
        next_line(server, status_line);
        bool valid = strncmp(status_line, "HTTP/1.", 7) == 0 &&
                     isdigit((unsigned char)status_line[7]) &&
                     status_line[8] == ' ' &&
                     strspn(status_line + 9, "0123456789") == 3 &&
                     (status_line[12] == ' ' || status_line[12] == '\0');
        if (!valid)
            errx(1, "this is not HTTP: %s", status_line);
        status = atoi(status_line + 9);
        for (next_line(server, line); *line; next_line(server, line))
            read_field(line, body);
    } while (status >= 100 && status < 200);
    return status;
}

/*
 * Copy LENGTH bytes of the answer to stdout; TO_THE_END: all that arrive.
 * Exits if fewer arrive.
 */
static void copy_bytes(FILE *server, long long length)
{
    char buf[16384];
    long long left = length == to_the_end ? (long long)sizeof buf : length;

    while (left > 0) {
        size_t most = left < (long long)sizeof buf ? (size_t)left : sizeof buf;
        size_t n = fread(buf, 1, most, server);
        if (fwrite(buf, 1, n, stdout) < n)
            err(1, "write");
        if (n < most && ferror(server))
            err(1, "recv");
        if (n < most && length == to_the_end)
            return;
        if (n < most)
            errx(1, "the body is %lld bytes short", left - (long long)n);
        left -= length == to_the_end ? 0 : (long long)n;
    }
}

/*
 * Copy a body in chunks, each after a line with its length in hexadecimal, up
 * to one of length 0 and the lines behind it.  Exits if something is wrong.
 */
static void copy_chunks(FILE *server)
{
    char line[LINE_MOST];

    for (;;) {
        next_line(server, line);
        long long length = parse_length(line, 16, ";");
        if (length == 0)
            break;
        copy_bytes(server, length);
        next_line(server, line);
        if (*line)
            errx(1, "a chunk is longer than its length");
    }
    do
        next_line(server, line);
    while (*line);
}

int main(int argc, char *argv[])
{
    if (argc != 2)
        errx(2, "usage: client URL");
    static struct url url;
    url = parse_url(argv[1]);

    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */

    int conn = connect_to(url.host, url.port);
    FILE *to = fdopen(conn, "w"), *from = fdopen(conn, "r");
    if (to == NULL || from == NULL)
        err(1, "fdopen");
    ask_for(to, &url);
    char status_line[LINE_MOST];
    struct body body;
    int status = read_header(from, status_line, &body);
    if (status < 200 || status > 299)
        errx(1, "%s", status_line);
    if (status == 204) /* it has no body, whatever the header says */
        return 0;
    if (body.chunked)
        copy_chunks(from);
    else
        copy_bytes(from, body.length);
    if (fflush(stdout) == EOF)
        err(1, "write");
    return 0;
}
