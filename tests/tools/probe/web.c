/*
 * web.c - steps for HTTP/1.1, the protocol of lesson 12.  Each answer is read
 * strictly, as RFC 9112 has it: the status line, the fields, and a body of as many
 * bytes as Content-Length says.  The suite of 12 uses them.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "probe.h"

enum { HEAD_MOST = 65536, BODY_MOST = 32 << 20 };

/* The answer that arrived last. */
static struct {
    int status;
    char head[HEAD_MOST + 1]; /* its lines, each of which ends with CR LF */
    size_t head_len;
    long long length; /* what Content-Length says, or -1 */
    char *body;
    size_t body_len;
} last;

/* Send a request by METHOD for TARGET. */
static void ask_for(const char *method, const char *target)
{
    size_t len;
    char *bytes = unescape(target, &len), *request = malloc(len + 100),
         *end = request;

    if (request == NULL)
        err(PROBE_FAILED, "malloc");
    end += sprintf(end, "%s ", method);
    memcpy(end, bytes, len);
    end += len;
    end += sprintf(end, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    note("  send     %s", show(request, (size_t)(end - request)));
    send_bytes(request, (size_t)(end - request));
    free(request);
    free(bytes);
}

void do_get(const char *arg)
{
    ask_for("GET", arg);
}

void do_head(const char *arg)
{
    ask_for("HEAD", arg);
}

/* Receive N bytes into BUF.  WHAT they belong to is said if they do not come. */
static void receive_all(char *buf, size_t n, const char *what)
{
    for (size_t got = 0; got < n;) {
        if (!ready(conn(), POLLIN))
            unexpected("%zu of %zu bytes of %s arrived, then nothing more "
                       "(waited at most %g s)",
                       got, n, what, patience);
        ssize_t some = recv(conn(), buf + got, n - got, 0);
        if (some == 0)
            unexpected("%zu of %zu bytes of %s arrived, then end of file", got,
                       n, what);
        if (some == -1 && errno != EAGAIN)
            unexpected("%zu of %zu bytes of %s arrived, then %s", got, n, what,
                       strerror(errno));
        if (some > 0) {
            got += (size_t)some;
            renew_deadline();
        }
    }
}

/*
 * Receive the lines of an answer, or of a request, up to the empty one, into
 * last.head.  It begins with START.
 */
static void receive_head(const char *start)
{
    size_t len = 0;

    while (len < 4 || memcmp(last.head + len - 4, "\r\n\r\n", 4) != 0) {
        if (len == HEAD_MOST)
            unexpected("the header has more than %d bytes", HEAD_MOST);
        if (!ready(conn(), POLLIN)) {
            if (len == 0)
                unexpected("nothing arrived for %g s", patience);
            unexpected("%s arrived, then nothing more, and no empty line",
                       show(last.head, len));
        }
        ssize_t n = recv(conn(), last.head + len, 1, 0);
        if (n <= 0 && len == 0)
            unexpected("%s", n == 0 ? "the connection was closed, and nothing "
                                      "arrived"
                                    : strerror(errno));
        if (n <= 0)
            unexpected("%s arrived, then %s", show(last.head, len),
                       n == 0 ? "end of file" : strerror(errno));
        len++;
        if (len == strlen(start) && memcmp(last.head, start, len) != 0)
            unexpected("%s arrived, which does not begin with %s",
                       show(last.head, len), start);
        renew_deadline();
    }
    last.head[len] = '\0';
    last.head_len = len;
    for (const char *p = last.head; *p; p++)
        if ((*p == '\n' && p[-1] != '\r') || (*p == '\r' && p[1] != '\n'))
            unexpected("a line does not end with CR LF: %s",
                       show(last.head, last.head_len));
    if (strlen(last.head) != last.head_len)
        unexpected("there is a zero byte in the header");
}

/* Return whether the status is one of WANTED: 200, 400|404, 4xx. */
static bool is_status(const char *wanted)
{
    char status[8];

    snprintf(status, sizeof status, "%d", last.status);
    for (const char *p = wanted; *p; p += p[3] == '|' ? 4 : 3) {
        if (strlen(p) < 3)
            errx(USAGE, "%s: not a status", wanted);
        bool same = true;
        for (int i = 0; i < 3; i++)
            same = same && (p[i] == 'x' || p[i] == status[i]);
        if (same)
            return true;
    }
    return false;
}

/*
 * Return the next field of the header, after AT (NULL: the first), and its name's
 * length; NULL if there is none.
 */
static const char *next_field(const char *at, size_t *name)
{
    at = strstr(at ? at : last.head, "\r\n") + 2;
    if (*at == '\r')
        return NULL;
    *name = strspn(at, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (*name == 0 || at[*name] != ':')
        unexpected("a field has no name, or no colon after it: %s",
                   show(at, strcspn(at, "\r")));
    return at;
}

/* Return the value of the field NAME, to be freed, or NULL if there is none. */
static char *value_of(const char *name)
{
    size_t len;

    for (const char *at = NULL; (at = next_field(at, &len));) {
        if (len != strlen(name) || strncasecmp(at, name, len) != 0)
            continue;
        at += len + 1;
        at += strspn(at, " \t");
        char *value = strndup(at, strcspn(at, "\r"));
        if (value == NULL)
            err(PROBE_FAILED, "strndup");
        for (size_t n = strlen(value); n > 0 && strchr(" \t", value[n - 1]);)
            value[--n] = '\0';
        return value;
    }
    return NULL;
}

/* Expect that the field NAME, if there is one, is a date as HTTP writes it. */
static void check_date(const char *name)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm t = {.tm_sec = 0};
    char *date = value_of(name), month[4] = "", again[64] = "";

    if (date == NULL)
        return;
    int n = sscanf(date, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &t.tm_mday, month,
                   &t.tm_year, &t.tm_hour, &t.tm_min, &t.tm_sec);
    const char *found = strlen(month) == 3 ? strstr(months, month) : NULL;
    t.tm_mon = found ? (int)(found - months) / 3 : 0;
    t.tm_year -= 1900;
    time_t when = timegm(&t); /* it sets the day of the week */
    strftime(again, sizeof again, "%a, %d %b %Y %H:%M:%S GMT", &t);
    if (n != 6 || strcmp(date, again) != 0)
        unexpected("the field %s is \"%s\", and not like \"Sun, 06 Nov 1994 "
                   "08:49:37 GMT\"",
                   name, date);
    double late = difftime(when, time(NULL));
    if (strcmp(name, "Date") == 0 && (late < -600 || late > 600))
        unexpected("the field Date is \"%s\", and that is %+.0f s from now",
                   date, late);
    free(date);
}

/* Set last.length to what Content-Length says. */
static void check_length(void)
{
    size_t len;
    int lengths = 0;
    char *value = value_of("Content-Length"), *end;

    for (const char *at = NULL; (at = next_field(at, &len));)
        if (len == 14 && strncasecmp(at, "Content-Length", len) == 0)
            lengths++;
    if (lengths > 1)
        unexpected("the answer has %d fields Content-Length", lengths);
    last.length = -1;
    if (value == NULL)
        return;
    last.length = strtoll(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end != '\0')
        unexpected("the field Content-Length is \"%s\"", value);
    free(value);
}

/* Receive the status line and the fields of an answer whose status is WANTED. */
static void receive_header(const char *wanted)
{
    int end = 0;

    receive_head("HTTP/");
    if (sscanf(last.head, "HTTP/1.1 %3d%n", &last.status, &end) != 1 ||
        end != 12 || last.head[12] != ' ')
        unexpected("the status line is %s, and not like \"HTTP/1.1 200 OK\"",
                   show(last.head, strcspn(last.head, "\n") + 1));
    if (!is_status(wanted))
        unexpected("the status is %.*s", (int)strcspn(last.head + 9, "\r"),
                   last.head + 9);
    check_length();
    char *date = value_of("Date");
    if (date == NULL)
        unexpected("the answer has no field Date");
    free(date);
    check_date("Date");
    check_date("Last-Modified");
    if (last.status != 304 && last.length == -1)
        unexpected("the answer has no field Content-Length");
    free(last.body);
    last.body = NULL;
    last.body_len = 0;
    *answered() = 0;
}

void do_answer_head(const char *arg)
{
    note("  expect   an answer with status %s, and no body yet", arg);
    receive_header(arg);
}

void do_answer(const char *arg)
{
    note("  expect   an answer with status %s", arg);
    receive_header(arg);
    if (last.status == 304)
        return;
    if (last.length > BODY_MOST)
        unexpected("the body has %lld bytes", last.length);
    last.body_len = (size_t)last.length;
    last.body = malloc(last.body_len + 1);
    if (last.body == NULL)
        err(PROBE_FAILED, "malloc");
    receive_all(last.body, last.body_len, "the body");
    last.body[last.body_len] = '\0';
    if (last.status < 400)
        return;
    char *type = value_of("Content-Type");
    if (type == NULL || strncasecmp(type, "text/html", 9) != 0)
        unexpected("the error has a body of type %s, and not of text/html",
                   type ? type : "\"\"");
    if (last.body_len == 0 || last.body_len > 65536)
        unexpected("the body of the error has %zu bytes, and is not a small "
                   "page",
                   last.body_len);
    free(type);
}

/* Return whether VALUE, without what follows a ; in it, is one of WANTED: A|B. */
static bool is_one_of(const char *value, const char *wanted)
{
    size_t value_len = strcspn(value, ";");

    while (value_len > 0 && value[value_len - 1] == ' ')
        value_len--;
    for (;;) {
        size_t len = strcspn(wanted, "|");
        if (len == value_len && strncasecmp(value, wanted, len) == 0)
            return true;
        if (wanted[len] == '\0')
            return false;
        wanted += len + 1;
    }
}

void do_field(const char *arg)
{
    char *name = strdup(arg), *wanted = name ? strstr(name, ": ") : NULL;

    note("  expect   there the field %s", arg);
    if (wanted == NULL)
        errx(USAGE, "%s: not NAME: VALUE", arg);
    *wanted = '\0';
    wanted += 2;
    char *value = value_of(name);
    if (value == NULL)
        unexpected("the answer has no field %s", name);
    else if (!is_one_of(value, wanted))
        unexpected("it is \"%s\"", value);
    free(value);
    free(name);
}

void do_no_field(const char *arg)
{
    char *value = value_of(arg);

    note("  expect   there no field %s", arg);
    if (value)
        unexpected("it is \"%s\"", value);
}

void do_body(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len);

    note("  expect   there the body %s", show(bytes, len));
    if (last.body_len != len || memcmp(last.body, bytes, len) != 0)
        unexpected("the body is %s", show(last.body, last.body_len));
    free(bytes);
}

void do_body_stream(const char *arg)
{
    size_t len = number(arg);
    char *bytes = stream(0, len);

    note("  expect   there %zu bytes of the stream as the body", len);
    if (last.body_len != len)
        unexpected("the body has %zu bytes", last.body_len);
    for (size_t i = 0; i < len; i++)
        if (last.body[i] != bytes[i])
            unexpected("byte %zu of the body is another one", i);
    free(bytes);
}

void do_body_next(const char *arg)
{
    size_t len = number(arg), from = *answered();
    char *bytes = stream(from, len);

    note("  expect   %zu bytes of the body, from byte %zu of the stream on",
         len, from);
    exchange(NULL, 0, bytes, len);
    *answered() += len;
    free(bytes);
}

void do_cut_short(const char *arg)
{
    static char buf[65536];
    long long got = (long long)*answered();
    ssize_t n = 1;

    (void)arg;
    note("  expect   an end of the connection before the body is complete");
    while (n > 0) {
        if (!ready(conn(), POLLIN))
            unexpected("%lld of %lld bytes of the body arrived, then nothing "
                       "more, and no end (waited at most %g s)",
                       got, last.length, patience);
        n = recv(conn(), buf, sizeof buf, 0);
        got += n > 0 ? n : 0;
        renew_deadline();
    }
    if (got >= last.length)
        unexpected("%lld bytes arrived, and the body has %lld", got,
                   last.length);
}

void do_asked(const char *arg)
{
    char line[4200];
    int len = snprintf(line, sizeof line, "GET %s HTTP/1.", arg);

    note("  expect   a request for %s", arg);
    receive_head("GET ");
    if (strncmp(last.head, line, (size_t)len) != 0 ||
        strspn(last.head + len, "01") != 1 || last.head[len + 1] != '\r')
        unexpected("its first line is %s",
                   show(last.head, strcspn(last.head, "\n") + 1));
    char *host = value_of("Host");
    const char *port = strrchr(local_address(conn()), ':');
    size_t host_len = host ? strlen(host) : 0;
    if (host == NULL)
        unexpected("the request has no field Host");
    if (host_len <= strlen(port) ||
        strcmp(host + host_len - strlen(port), port) != 0)
        unexpected("its field Host is \"%s\", without the port %s", host,
                   port + 1);
    free(host);
}
