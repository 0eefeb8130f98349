/*
 * recv() instead of stdio, and no line is ever stored: the answer goes byte by byte
 * through a few functions.  It leaves as soon as it has seen the last chunk, without
 * the empty line after it, and shows control bytes of the status line as ^X.
 */
#include <ctype.h>
#include <err.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static int conn;

/* The next byte of the answer, or EOF. */
static int next(void)
{
    static unsigned char buf[8192];
    static ssize_t len, at;

    if (at == len) {
        at = 0;
        len = recv(conn, buf, sizeof buf, 0);
        if (len == -1)
            err(1, "recv");
        if (len == 0)
            return EOF;
    }
    return buf[at++];
}

static int need(void)
{
    int c = next();

    if (c == EOF)
        errx(1, "the answer is not complete");
    return c;
}

/* Read a word up to a byte of STOP, which is returned; what is too long is cut. */
static int word(char *to, size_t size, const char *stop)
{
    size_t n = 0;
    int c;

    while (!strchr(stop, c = need()) || c == '\0')
        if (n + 1 < size)
            to[n++] = (char)c;
    to[n] = '\0';
    return c;
}

static void skip_line(int c)
{
    while (c != '\n')
        c = need();
}

static long long length_of(const char *digits, int base)
{
    char *end;
    long long n = isxdigit((unsigned char)*digits) ? strtoll(digits, &end, base) : -1;

    if (n < 0 || end[strspn(end, " \t\r")] != '\0')
        errx(1, "a length that is none");
    return n;
}

/* Read the fields.  The length of the body, -1: up to the end, -2: in chunks. */
static long long fields(void)
{
    char name[64], value[64];
    long long length = -1;

    for (;;) {
        int c = word(name, sizeof name, ":\n");
        if (c == '\n') {
            if (name[strspn(name, "\r")] == '\0')
                return length;
            errx(1, "a line that is no field");
        }
        while (strchr(" \t", c = need()))
            ;
        value[0] = (char)c;
        if (c == '\n')
            value[0] = '\0';
        else
            word(value + 1, sizeof value - 1, "\n");
        if (strcasecmp(name, "Transfer-Encoding") == 0)
            length = -2;
        else if (strcasecmp(name, "Content-Length") == 0 && length != -2)
            length = length_of(value, 10);
    }
}

static void pass_on(long long n)
{
    int c;

    if (n == -1)
        while ((c = next()) != EOF)
            putchar(c);
    for (; n > 0; n--)
        putchar(need());
}

static void chunks(void)
{
    char digits[64];
    long long n;

    do {
        int c = word(digits, sizeof digits, ";\n");
        n = length_of(digits, 16);
        skip_line(c);
        pass_on(n);
        if (n > 0)
            skip_line(need());
    } while (n > 0);
}

/* Say STATUS_LINE on stderr, and end. */
static _Noreturn void give_up(const char *status_line)
{
    for (const unsigned char *p = (const unsigned char *)status_line; *p && *p != '\r'; p++)
        fprintf(stderr, iscntrl(*p) ? "^%c" : "%c", iscntrl(*p) ? *p ^ 64 : *p);
    fputc('\n', stderr);
    exit(1);
}

static void look_up(char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
    int why = getaddrinfo(host, port, &hints, &all);

    if (why)
        errx(1, "getaddrinfo: %s", gai_strerror(why));
    for (struct addrinfo *a = all; a; a = a->ai_next) {
        conn = socket(a->ai_family, SOCK_STREAM, 0);
        if (conn != -1 && connect(conn, a->ai_addr, a->ai_addrlen) == 0)
            return;
        if (a->ai_next == NULL)
            err(1, "connect to %s", host);
    }
}

int main(int argc, char **argv)
{
    char *url, *target, *request, host[256], port[8] = "80", line[1024];

    if (argc != 2 || strncasecmp(argv[1], "http://", 7) != 0)
        errx(2, "usage: client http://HOST[:PORT]/PATH");
    url = argv[1] + 7;
    for (char *p = url; *p; p++)
        if (isspace((unsigned char)*p))
            errx(2, "a space in the URL");
    url[strcspn(url, "#")] = '\0';
    target = url + strcspn(url, "/?");
    size_t len = (size_t)(target - url);
    char *colon = memchr(url, ']', len);
    colon = memchr(colon ? colon : url, ':', colon ? len - (size_t)(colon - url) : len);
    size_t name = colon ? (size_t)(colon - url) : len;
    if (name == 0 || name >= sizeof host || len - name > 6)
        errx(2, "no host");
    if (*url == '[')
        snprintf(host, sizeof host, "%.*s", (int)name - 2, url + 1);
    else
        snprintf(host, sizeof host, "%.*s", (int)name, url);
    if (colon) {
        snprintf(port, sizeof port, "%.*s", (int)(len - name - 1), colon + 1);
        if (*port == '\0' || port[strspn(port, "0123456789")] != '\0' || atoi(port) > 65535)
            errx(2, "not a port: %s", port);
    }
    signal(SIGPIPE, SIG_IGN);
    look_up(host, port);
    request = malloc(strlen(url) + 300);
    if (request == NULL)
        err(1, "malloc");
    int n = sprintf(request, "GET %s%s HTTP/1.1\r\nConnection: close\r\nHost: %.*s\r\n\r\n", *target == '/' ? "" : "/", target,
                    (int)len, url);
    for (char *p = request; n > 0;) {
        ssize_t sent = send(conn, p, (size_t)n, 0);
        if (sent == -1)
            err(1, "send");
        p += sent;
        n -= (int)sent;
    }
    long long length;
    do {
        word(line, sizeof line, "\n");
        if (strncmp(line, "HTTP/", 5) != 0 || strchr(line, ' ') == NULL)
            errx(1, "the server does not speak HTTP");
        length = fields();
    } while (strchr(line, ' ')[1] == '1');
    if (strchr(line, ' ')[1] != '2')
        give_up(line);
    if (strncmp(strchr(line, ' '), " 204", 4) == 0)
        return 0;
    if (length == -2)
        chunks();
    else
        pass_on(length);
    return fflush(stdout) == 0 ? 0 : 1;
}
