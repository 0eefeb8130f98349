/*
 * party.c - many clients in the chat room of lesson 10, all at the same time.  Its
 * suite uses these steps.
 *
 * The guests have no connections of their own among those of connect.c, and those
 * must not be members meanwhile: chat.c knows nothing of the guests.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

enum { GUEST_LINE = 1 << 16 };

static struct guest {
    char *line; /* the beginning of a line, whose end has not arrived */
    size_t len;
    bool welcome; /* it has got its welcome */
    bool *knows; /* of which guests it has heard */
    size_t known; /* how many those are */
    size_t *next; /* which line it expects next from each of the speakers */
    size_t complete; /* from how many speakers it has heard all */
    char out[1100]; /* what it is about to say */
    size_t out_len, sent;
    size_t said; /* how many lines it has begun to say */
} * guests;
static struct pollfd *guest_fds;
static size_t guest_count, speakers, lines_each;

/* Close all guests' connections, and forget them. */
void close_party(void)
{
    for (size_t i = 0; i < guest_count; i++) {
        close(guest_fds[i].fd);
        free(guests[i].line);
        free(guests[i].knows);
        free(guests[i].next);
    }
    free(guests);
    free(guest_fds);
    guests = NULL;
    guest_fds = NULL;
    guest_count = speakers = 0;
}

/* Return memory for N zero bytes. */
static void *zeros(size_t n)
{
    void *memory = calloc(1, n + 1);

    if (memory == NULL)
        err(PROBE_FAILED, "calloc");
    return memory;
}

/* Put the name of guest I into NAME. */
static const char *guest_name(size_t i, char name[32])
{
    snprintf(name, 32, "guest%zu_%zu", i, conversation % 1000);
    return name;
}

/* Return which guest is called the LEN bytes of NAME; guest_count: nobody is. */
static size_t guest_called(const char *name, size_t len)
{
    char own[32];
    size_t i;

    if (sscanf(name, "guest%zu_", &i) != 1 || i >= guest_count ||
        strlen(guest_name(i, own)) != len || memcmp(name, own, len) != 0)
        return guest_count;
    return i;
}

/* Line K that guest I says, in OUT.  Returns its length, newline included. */
static size_t line_of_guest(size_t i, size_t k, char out[1100])
{
    static const char filler[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    int n = snprintf(out, 1100, "this is line %zu of guest %zu, %.*s.\n", k, i,
                     (int)((k * 37 + i * 11) % 60), filler);

    return (size_t)n;
}

/* Return whether NAME begins like the name of a guest of an earlier conversation. */
static bool is_old_guest(const char *name)
{
    size_t i, number;

    return sscanf(name, "guest%zu_%zu", &i, &number) == 2 &&
           number != conversation % 1000;
}

/* Guest I has heard of the one called the LEN bytes of NAME, in LINE. */
static void hears_of(size_t i, const char *name, size_t len, const char *line)
{
    char own[32];
    size_t other = guest_called(name, len);

    if (other == guest_count && (besieging || is_old_guest(name)))
        return; /* others are here, too */
    guest_name(i, own);
    if (other == guest_count || other == i)
        unexpected("%s hears of somebody who is not another guest: %s", own,
                   show(line, strlen(line)));
    if (guests[i].knows[other])
        unexpected("%s hears twice of one guest: %s", own,
                   show(line, strlen(line)));
    guests[i].knows[other] = true;
    guests[i].known++;
}

/* Guest I has got LINE, which has to be its welcome. */
static void take_welcome(size_t i, const char *line)
{
    char own[32], start[64];

    snprintf(start, sizeof start, "* welcome, %s; ", guest_name(i, own));
    size_t len = strlen(start);
    if (strncmp(line, start, len) != 0)
        unexpected("%s hears %s\n  instead of \"%s...\"", own,
                   show(line, strlen(line)), start);
    guests[i].welcome = true;
    if (strcmp(line + len, "nobody else is here yet") == 0)
        return;
    if (strncmp(line + len, "here are: ", 10) != 0)
        unexpected("%s hears %s", own, show(line, strlen(line)));
    for (const char *name = line + len + 10; name;) {
        const char *end = strstr(name, ", ");
        hears_of(i, name, end ? (size_t)(end - name) : strlen(name), line);
        name = end ? end + 2 : NULL;
    }
}

/* Guest I has got LINE, which somebody has said. */
static void take_words(size_t i, const char *line)
{
    char own[32], expected[1100];
    const char *end = strstr(line, "> "), *text = end ? end + 2 : "";
    size_t s = guest_count;

    if (*line == '<' && end)
        s = guest_called(line + 1, (size_t)(end - line - 1));
    if (s == guest_count && besieging)
        return;
    guest_name(i, own);
    if (s >= speakers || s == i)
        unexpected("%s hears %s", own, show(line, strlen(line)));
    size_t len = line_of_guest(s, guests[i].next[s], expected) - 1;
    if (strlen(text) != len || memcmp(text, expected, len) != 0)
        unexpected("%s hears %s\n  instead of line %zu of this sender: %s", own,
                   show(line, strlen(line)), guests[i].next[s],
                   show(expected, len));
    if (++guests[i].next[s] == lines_each)
        guests[i].complete++;
}

/* Guest I has got LINE, of any kind. */
static void take_line(size_t i, const char *line)
{
    const char *joined = strstr(line, " has joined");

    if (!guests[i].welcome)
        take_welcome(i, line);
    else if (strncmp(line, "* ", 2) == 0 && is_old_guest(line + 2) && !joined)
        return; /* it has left */
    else if (strncmp(line, "* ", 2) == 0 && joined && joined[11] == '\0')
        hears_of(i, line + 2, (size_t)(joined - line - 2), line);
    else
        take_words(i, line);
}

/* Receive what is there for guest I. */
static void guest_reads(size_t i)
{
    struct guest *g = &guests[i];
    char own[32];
    ssize_t n =
        recv(guest_fds[i].fd, g->line + g->len, GUEST_LINE - g->len - 1, 0);

    if (n == -1 && errno == EAGAIN)
        return;
    if (n <= 0)
        unexpected("%s hears %s", guest_name(i, own),
                   n == 0 ? "an end of file" : strerror(errno));
    g->len += (size_t)n;
    size_t from = 0;
    for (char *end; (end = memchr(g->line + from, '\n', g->len - from));) {
        *end = '\0';
        if (end > g->line + from && end[-1] == '\r')
            end[-1] = '\0';
        take_line(i, g->line + from);
        from = (size_t)(end + 1 - g->line);
    }
    memmove(g->line, g->line + from, g->len - from);
    g->len -= from;
    if (g->len == GUEST_LINE - 1)
        unexpected("%s hears a line without an end", guest_name(i, own));
    renew_deadline();
}

/* Send a piece of what guest I has to say, at most 100 bytes. */
static void guest_writes(size_t i)
{
    struct guest *g = &guests[i];
    char own[32];
    size_t piece = 1 + (g->said * 31 + g->sent * 7 + i) % 100;

    if (g->sent == g->out_len && g->said == (i < speakers ? lines_each : 0))
        return;
    if (g->sent == g->out_len) {
        g->out_len = line_of_guest(i, g->said++, g->out);
        g->sent = 0;
    }
    if (piece > g->out_len - g->sent)
        piece = g->out_len - g->sent;
    ssize_t n = send(guest_fds[i].fd, g->out + g->sent, piece, 0);
    if (n == -1 && errno != EAGAIN)
        unexpected("%s cannot send: %s", guest_name(i, own), strerror(errno));
    g->sent += n > 0 ? (size_t)n : 0;
}

/* Return whether guest I has something to say. */
static bool has_to_say(size_t i)
{
    return guests[i].sent < guests[i].out_len ||
           (i < speakers && guests[i].said < lines_each);
}

/* Return whether guest I has heard all that it should. */
static bool is_content(size_t i)
{
    const struct guest *g = &guests[i];
    size_t others = speakers - (i < speakers ? 1 : 0);

    return g->welcome && g->known == guest_count - 1 &&
           (lines_each == 0 || g->complete == others) && !has_to_say(i);
}

/* Let all guests send and receive until each has heard all that it should. */
static void let_them_talk(const char *problem)
{
    for (;;) {
        size_t waiting = 0;
        for (size_t i = 0; i < guest_count; i++) {
            guest_fds[i].events =
                (short)(POLLIN | (has_to_say(i) ? POLLOUT : 0));
            waiting += !is_content(i);
        }
        if (waiting == 0)
            return;
        int n = poll(guest_fds, (nfds_t)guest_count, 100);
        if (n == -1 && errno != EINTR)
            err(PROBE_FAILED, "poll");
        if (n <= 0 && now() > deadline)
            unexpected("%zu of %zu guests %s, then nothing more for %g s",
                       waiting, guest_count, problem, patience);
        for (size_t i = 0; i < guest_count && n > 0; i++) {
            if (guest_fds[i].revents & POLLOUT)
                guest_writes(i);
            if (guest_fds[i].revents & ~POLLOUT)
                guest_reads(i);
        }
    }
}

void do_party(const char *arg)
{
    size_t size = number(arg);

    note("  connect  %s guests, who give their names at the same time\n"
         "  expect   that each of them hears of all others",
         arg);
    close_party();
    allow_many_sockets();
    guests = zeros(size * sizeof *guests);
    guest_fds = zeros(size * sizeof *guest_fds);
    for (size_t i = 0; i < size; i++) {
        guests[i].line = zeros(GUEST_LINE);
        guests[i].knows = zeros(size);
        renew_deadline();
        guest_fds[i].fd = connected_socket();
        guest_count++;
    }
    lines_each = 0;
    for (size_t i = 0; i < size; i++) {
        guests[i].out_len = strlen(guest_name(i, guests[i].out));
        guests[i].out[guests[i].out_len++] = '\n';
    }
    renew_deadline();
    let_them_talk("have not heard of all others");
}

void do_chatter(const char *arg)
{
    if (sscanf(arg, "%zu %zu", &speakers, &lines_each) != 2 ||
        speakers > guest_count)
        errx(USAGE, "chatter %s: it takes two numbers, after party", arg);
    note("  %zu guests say %zu lines each, at the same time and in pieces\n"
         "  expect   that all others hear them",
         speakers, lines_each);
    for (size_t i = 0; i < guest_count; i++) {
        free(guests[i].next);
        guests[i].next = zeros(speakers * sizeof *guests[i].next);
        guests[i].said = guests[i].complete = 0;
    }
    let_them_talk("have not heard all lines");
}
