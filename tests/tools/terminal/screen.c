/*
 * screen.c - what a terminal shows is read, without its prompts, and compared with
 * what a transcript shows.
 */
#include "terminal.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Report that line LINE of the file says EXPECTED, but the terminal has SHOWN
 * something else, and end. */
void differs(int line, const char *expected, const char *shown)
{
    if (*absent) { /* it may need what was skipped */
        printf("skipped %s:%d: it differs because %s is not installed\n", file,
               line, absent);
        exit(0);
    }
    printf("%s:%d: expected: %s\n", file, line, expected);
    printf("%s:%d: but the terminal shows: %s\n", file, line, shown);
    exit(DIFFERENT);
}

/* Return whether TEXT is as PATTERN says, where ANY stands for any text. */
static bool matches(const char *pattern, const char *text)
{
    size_t blanks = strspn(pattern, " \t"), found = strspn(text, " \t");

    if (strncmp(pattern, ANY, strlen(ANY)) == 0) {
        do {
            if (matches(pattern + strlen(ANY), text))
                return true;
        } while (*text++);
        return false;
    }
    if (pattern[blanks] == '\0' && text[found] == '\0')
        return true; /* blanks at the end of a line are invisible */
    for (size_t i = blanks ? 1 : found + 1; i <= found; i++)
        if (matches(pattern + blanks, text + i))
            return true;
    return *pattern == *text && *text && matches(pattern + 1, text + 1);
}

/* Add byte C to what T shows.  A prompt ends the line that it stands on. */
static void add(struct terminal *t, char c)
{
    if (t->len > sizeof t->out - 2)
        errx(FAILED, "%s: too much output", file);
    if (t->passing > 0) {
        t->passing--;
    } else if (c == PS1_MARK || c == PS2_MARK) {
        if (t->len > 0 && t->out[t->len - 1] != '\n')
            t->out[t->len++] = '\n';
        *(c == PS1_MARK ? &t->prompt : &t->more) = true;
        t->passing = strlen("$ ");
    } else if (c == '\b' && t->len > 0) {
        t->len--; /* some systems echo ^D and take it back */
    } else if (c == '\n' && t->pressed && t->len == 0) {
        t->pressed = false;
    } else if (c != '\r' && c != '\0') {
        t->out[t->len++] = c;
        t->pressed = false;
    }
}

/* Remove the first N bytes of what T shows. */
void take(struct terminal *t, size_t n)
{
    t->len -= n;
    memmove(t->out, t->out + n, t->len);
}

/* Wait up to SECONDS for output, and read it.  Returns whether there was any. */
bool hear(double seconds)
{
    struct pollfd fds[TERMINALS];
    char buf[4096];

    for (int i = 0; i < TERMINALS; i++) {
        int master = terminals[i].master;
        fds[i] = (struct pollfd){master ? master : -1, POLLIN, 0};
    }
    int n = poll(fds, TERMINALS, (int)(seconds * 1000));
    if (told_to_end)
        exit(FAILED);
    for (int i = 0; n > 0 && i < TERMINALS; i++) {
        struct terminal *t = &terminals[i];
        ssize_t got = fds[i].revents ? read(t->master, buf, sizeof buf) : -2;
        for (ssize_t j = 0; j < got; j++)
            add(t, buf[j]);
        if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR)) {
            close(t->master); /* the shell has ended, with all it ran */
            t->master = 0;
        }
    }
    return n > 0;
}

/*
 * Wait until nothing has happened for 0.1 s, the pace of a quick reader: the
 * kernel's short timers (delayed ACK) are over, too.  At most 2 s.
 */
void settle(void)
{
    double start = now(), last = start;

    while (now() - last < 0.1 && now() - start < 2)
        if (hear(0.02) || !all_asleep())
            last = now();
}

/* Return whether T shows a prompt and waits. */
bool has_prompt(struct terminal *t)
{
    return t->prompt;
}

/* Return whether T shows a whole line, or waits for one. */
bool has_line(struct terminal *t)
{
    return t->prompt || t->more || memchr(t->out, '\n', t->len);
}

/* Return whether T shows the two characters of a key, ^C. */
bool has_key(struct terminal *t)
{
    return t->len >= strlen("^C");
}

/* Return whether a program of the shell runs on T, or has just ended. */
bool has_program(struct terminal *t)
{
    return t->prompt || (t->master && tcgetpgrp(t->master) != t->shell);
}

/*
 * Wait until IS is true for T, as long as T shows something within `patience`.
 * Returns whether it is true in the end.
 */
bool wait_until(bool (*is)(struct terminal *), struct terminal *t)
{
    double deadline = now() + patience;

    while (t->master && !is(t) && now() < deadline)
        if (hear(0.02))
            deadline = now() + patience;
    return is(t);
}

/* Put glibc's words, which the notes show, in the place of musl's in TEXT. */
static void translate(char *text, size_t size)
{
    static const char *const words[][2] = {
        {"Address in use", "Address already in use"},
        {"Message too large", "Message too long"},
        {"No file descriptors available", "Too many open files"},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char *at = strstr(text, words[i][0]), rest[4096];
        if (at == NULL)
            continue;
        snprintf(rest, sizeof rest, "%s", at + strlen(words[i][0]));
        snprintf(at, size - (size_t)(at - text), "%s%s", words[i][1], rest);
    }
}

/*
 * Return the line that T shows next, in memory that is used again, and set *LEN to
 * its length; or return why there is no line, with *LEN 0.
 */
static const char *next_line(struct terminal *t, size_t *len)
{
    static char text[4096];

    if (wait_until(has_line, t) && !memchr(t->out, '\n', t->len))
        settle(); /* the prompt is back, but other jobs may print something */
    char *end = memchr(t->out, '\n', t->len);
    *len = end ? (size_t)(end - t->out) + 1 : 0;
    if (end || t->len > 0)
        snprintf(text, sizeof text, "%.*s", (int)(end ? *len - 1 : t->len),
                 t->out);
    else if (t->master == 0)
        return "(nothing: no shell runs on this terminal)";
    else
        snprintf(text, sizeof text, "(nothing%s)",
                 t->prompt ? ": the prompt is back" : " more");
    translate(text, sizeof text);
    return text;
}

/*
 * If TEXT is the shell's "[1] ..." about a job that it has just started, and T shows it
 * behind the first line of the job, which may be quicker, put it in front of that line.
 */
static void order_notice(struct terminal *t, const char *text)
{
    char first[4096];
    size_t len, len2;

    if (*text != '[' || matches(text, next_line(t, &len)) || len == 0 ||
        len > sizeof first)
        return;
    memcpy(first, t->out, len);
    take(t, len);
    bool behind = matches(text, next_line(t, &len2)) && len2 > 0;
    size_t at = behind ? len2 : 0;
    memmove(t->out + at + len, t->out + at, t->len - at);
    memcpy(t->out + at, first, len);
    t->len += len;
}

/* Expect that T shows TEXT next, which stands on line LINE. */
void expect(struct terminal *t, int line, const char *text)
{
    if (!t->any)
        order_notice(t, text);
    for (bool right = false; !right;) {
        size_t len;
        const char *shown = next_line(t, &len);
        right = len > 0 && matches(text, shown);
        if (!right && (len == 0 || !t->any))
            differs(line, text, shown);
        take(t, len);
    }
    t->any = false;
}

/* Expect that T shows no more than the transcript before line LINE, NEXT. */
void expect_no_more(struct terminal *t, int line, const char *next)
{
    if (t->any)
        t->len = 0;
    t->any = false;
    t->out[t->len] = '\0';
    if (t->len > 0)
        differs(line, next, *t->out == '\n' ? "" : strtok(t->out, "\n"));
}
