/*
 * resp.c - steps for RESP2, the protocol of lesson 11: requests are arrays of
 * strings, and answers are lines or strings.  The suite of 11 uses them.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "probe.h"

/*
 * Return the bytes that the word TEXT of a request stands for, *LEN of them, to
 * be freed: @N is the first N bytes of the stream, else escapes are replaced.
 */
static char *word(const char *text, size_t *len)
{
    if (*text != '@')
        return unescape(text, len);
    *len = number(text + 1);
    return stream(0, *len);
}

/* Return how many words TEXT has, between blanks. */
static size_t count_words(const char *text)
{
    size_t words = 0;

    for (text += strspn(text, " "); *text; words++) {
        text += strcspn(text, " ");
        text += strspn(text, " ");
    }
    return words;
}

void do_call(const char *arg)
{
    const size_t room = 64; /* for the line before each word */
    size_t used, len;
    char *text = strdup(arg), *request = malloc(room), *rest = NULL;

    if (text == NULL || request == NULL)
        err(PROBE_FAILED, "malloc");
    used = (size_t)snprintf(request, room, "*%zu\r\n", count_words(text));
    for (char *next = strtok_r(text, " ", &rest); next;
         next = strtok_r(NULL, " ", &rest)) {
        char *bytes = word(next, &len);
        request = realloc(request, used + len + room);
        if (request == NULL)
            err(PROBE_FAILED, "realloc");
        used += (size_t)snprintf(request + used, room, "$%zu\r\n", len);
        memcpy(request + used, bytes, len);
        memcpy(request + used + len, "\r\n", 2);
        used += len + 2;
        free(bytes);
    }
    note("  call     %s: %s", arg, show(request, used));
    send_bytes(request, used);
    free(request);
    free(text);
}

/* Expect the first LEN bytes of the stream as a string; or nil, if NIL_WILL_DO. */
static void expect_bulk(size_t len, bool nil_will_do)
{
    char head[32], *bytes = stream(0, len);

    note("  expect   a string: %zu bytes of the stream%s", len,
         nil_will_do ? ", or nil" : "");
    exchange(NULL, 0, "$", 1);
    if (nil_will_do && ready(conn(), POLLIN) &&
        recv(conn(), head, 1, MSG_PEEK) == 1 && head[0] == '-') {
        exchange(NULL, 0, "-1\r\n", 4);
    } else {
        snprintf(head, sizeof head, "%zu\r\n", len);
        exchange(NULL, 0, head, strlen(head));
        exchange(NULL, 0, bytes, len);
        exchange(NULL, 0, "\r\n", 2);
    }
    free(bytes);
}

void do_expect_bulk(const char *arg)
{
    expect_bulk(number(arg), false);
}

void do_expect_bulk_or_nil(const char *arg)
{
    expect_bulk(number(arg), true);
}

/* Receive the rest of a line into the SIZE bytes of LINE.  Returns its length. */
static size_t receive_line(char *line, size_t size)
{
    size_t got = 0;

    while (got < 2 || memcmp(line + got - 2, "\r\n", 2) != 0) {
        if (got == size)
            unexpected("the line does not end after %s", show(line, got));
        if (!ready(conn(), POLLIN))
            unexpected("then %s arrived, and no end of the line",
                       show(line, got));
        if (recv(conn(), line + got, 1, 0) != 1)
            unexpected("then %s arrived, and the connection ended",
                       show(line, got));
        got++;
    }
    return got;
}

void do_expect_line(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len), line[65536] = "";

    note("  expect   a line%s%s", len ? " that begins with " : "",
         len ? show(bytes, len) : "");
    exchange(NULL, 0, bytes, len);
    size_t got = receive_line(line, sizeof line);
    if (memchr(line, '\n', got - 1) || memchr(line, '\r', got - 2))
        unexpected("more than one line arrived: %s", show(line, got));
    free(bytes);
}

void do_expect_bulk_or_error(const char *arg)
{
    char first = '$', line[65536];
    ssize_t n = ready(conn(), POLLIN) ? recv(conn(), &first, 1, MSG_PEEK) : 1;

    if (n == 1 && first != '-') {
        expect_bulk(number(arg), false);
        return;
    }
    note("  expect   the end of the connection, or an error");
    if (n == 1)
        receive_line(line, sizeof line);
}
