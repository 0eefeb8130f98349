/*
 * chat.c - steps that talk in the chat room of lesson 10.  Its suite uses them.
 *
 * They know who is in the room: a connection becomes a member when it has given its
 * name.  Whatever one member says, all others have to hear, so each step reads what
 * it causes, and no line is left over for the next step.  A member that dozes (see
 * doze.c) does not read; what it should hear is remembered until it wakes.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "chat.h"
#include "probe.h"

enum { LEAVERS = 16 };

struct member_of_room room_members[MEMBERS];
static char leavers[LEAVERS][32]; /* who may be heard of as having left */
static int leaver_count;
size_t line_end_len = 1;

size_t conversation; /* how many there were before this one */

/* Forget all members, before the next conversation. */
void forget_room(void)
{
    for (int i = 0; i < MEMBERS; i++)
        free(room_members[i].missed);
    memset(room_members, 0, sizeof room_members);
    leaver_count = 0;
    conversation++;
}

/* Return whether member I may leave, or have left, so that nothing is sure to reach it. */
static bool is_leaving(int i)
{
    for (int k = 0; k < leaver_count; k++)
        if (strcmp(leavers[k], room_members[i].name) == 0)
            return true;
    return false;
}

/* Return how we call connection I in an account. */
static const char *called(int i)
{
    static char text[2][48];
    static int turn;

    turn ^= 1;
    if (*room_members[i].name)
        return room_members[i].name;
    snprintf(text[turn], sizeof text[turn], "connection %d", i + 1);
    return text[turn];
}

/* Return the member that the current connection is. */
struct member_of_room *me(void)
{
    conn();
    struct member_of_room *m = &room_members[current_connection()];

    if (*m->name == '\0')
        errx(USAGE, "connection %d has not given its name",
             current_connection() + 1);
    return m;
}

/* Return the socket of connection I. */
int socket_of(int i)
{
    int before = current_connection(), sock = switch_to(i);

    switch_to(before);
    return sock;
}

/*
 * Let the kernel acknowledge what has arrived (Linux).  It would wait for up to 40 ms,
 * and a server with Nagle's algorithm would send its next line only then.
 */
static void acknowledge_soon(int sock)
{
#ifdef TCP_QUICKACK
    int on = 1;

    setsockopt(sock, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#else
    (void)sock;
#endif
}

/*
 * Receive a line from SOCK into the SIZE bytes of LINE, without its LF or CR LF,
 * but with a zero byte at its end.  WHO receives it.  Returns its length.
 */
size_t receive_line_at(int sock, char *line, size_t size, const char *who)
{
    size_t got = 0;

    for (;;) {
        if (!ready(sock, POLLIN) && got == 0)
            unexpected("%s hears nothing for %g s", who, patience);
        if (!ready(sock, POLLIN))
            unexpected("%s hears %s and not the end of this line for %g s", who,
                       show(line, got), patience);
        size_t most = size - got - 1 < 2048 ? size - got - 1 : 2048;
        ssize_t n = recv(sock, line + got, most, MSG_PEEK);
        if (n == -1 && errno == EAGAIN)
            continue;
        if (n <= 0)
            unexpected("%s hears %s, then %s", who, show(line, got),
                       n == 0 ? "end of file" : strerror(errno));
        char *end = memchr(line + got, '\n', (size_t)n);
        if (end)
            n = end + 1 - (line + got);
        n = recv(sock, line + got, (size_t)n, 0);
        acknowledge_soon(sock);
        got += n > 0 ? (size_t)n : 0;
        if (end)
            break;
        if (got == size - 1)
            unexpected("%s hears a line of more than %zu bytes: %s", who, size,
                       show(line, got));
    }
    line_end_len = got > 1 && line[got - 2] == '\r' ? 2 : 1;
    line[got - line_end_len] = '\0';
    renew_deadline();
    return got - line_end_len;
}

/* Return whether NAME is one of an earlier conversation, made with #. */
static bool is_ghost(const char *name)
{
    size_t letters = strcspn(name, "0123456789"), last;

    return sscanf(name + letters, "%zu", &last) == 1 && last >= 1 &&
           last <= conversation;
}

/* Return whether member I may hear LINE at any time: that somebody has left. */
static bool is_news_of_leaver(int i, const char *line)
{
    char name[32];
    int used = 0;

    if (sscanf(line, "* %31s has left%n", name, &used) != 1 || used == 0 ||
        line[used] != '\0')
        return false;
    if (is_ghost(name))
        return true;
    for (int k = 0; k < leaver_count; k++)
        if (strcmp(leavers[k], name) == 0) {
            if (room_members[i].heard & 1u << k)
                unexpected("%s hears twice: %s", called(i), line);
            room_members[i].heard |= 1u << k;
            return true;
        }
    return false;
}

/*
 * Drop the lines that the current connection, if it is a member, may hear before its
 * end as well as at any other time: that somebody has left.
 */
void skip_news_of_leavers(void)
{
    char line[64];
    int i = current_connection(), there;
    ssize_t n;

    if (i >= MEMBERS || *room_members[i].name == '\0')
        return;
    /* Without bytes do not call recv(): it would take a reset's error away. */
    while (ready(conn(), POLLIN) && ioctl(conn(), FIONREAD, &there) == 0 &&
           there > 0 &&
           (n = recv(conn(), line, sizeof line - 1, MSG_PEEK)) > 0) {
        line[n] = '\0';
        char *end = strchr(line, '\n');
        if (end == NULL && n < 40 && now() < deadline) {
            pause_for(0.002); /* the rest of the line will come */
            continue;
        }
        if (end == NULL)
            return;
        size_t len = (size_t)(end + 1 - line);
        end -= end > line && end[-1] == '\r';
        *end = '\0';
        if (!is_news_of_leaver(i, line))
            return;
        recv(conn(), line, len, 0);
    }
}

/* Remember for member I, which dozes, that it should hear TEXT of LEN bytes. */
static void remember_line(int i, const char *text, size_t len)
{
    struct member_of_room *m = &room_members[i];
    char *more = realloc(m->missed, m->missed_len + len + 1);

    if (more == NULL)
        err(PROBE_FAILED, "realloc");
    m->missed = more;
    memcpy(more + m->missed_len, text, len);
    more[m->missed_len + len] = '\n';
    m->missed_len += len + 1;
    m->missed_lines++;
}

/* Expect that connection I hears the line TEXT of LEN bytes as the next one. */
void hears(int i, const char *text, size_t len)
{
    static char line[LONGEST];
    size_t got;

    if (room_members[i].dozes) {
        remember_line(i, text, len);
        return;
    }
    do
        got = receive_line_at(socket_of(i), line, sizeof line, called(i));
    while (is_news_of_leaver(i, line) &&
           !(got == len && memcmp(line, text, len) == 0));
    if (got == len && memcmp(line, text, len) == 0)
        return;
    size_t same = 0;
    while (same < len && same < got && line[same] == text[same])
        same++;
    if (same > 30 && len > 40)
        unexpected("%s hears another line, from byte %zu on: %s\n"
                   "  instead of %s",
                   called(i), same, show(line + same, got - same),
                   show(text + same, len - same));
    unexpected("%s hears %s\n  instead of %s", called(i), show(line, got),
               show(text, len));
}

/* Expect that all members but the current one hear TEXT of LEN bytes. */
static void all_others_hear(const char *text, size_t len)
{
    for (int i = 0; i < connection_number() && i < MEMBERS; i++)
        if (*room_members[i].name && i != current_connection() &&
            (room_members[i].dozes || !is_leaving(i)))
            hears(i, text, len);
}

/*
 * Expect that the names in LIST, which the current connection hears, are those of
 * all members.  (Some that are about to leave may be missing.)
 */
static void names_everyone(char *list)
{
    static bool named[MEMBERS];

    memset(named, 0, sizeof named);
    for (char *name = list, *next; name; name = next) {
        int i = 0;
        next = strstr(name, ", ");
        if (next) {
            *next = '\0';
            next += 2;
        }
        while (i < MEMBERS && strcmp(room_members[i].name, name) != 0)
            i++;
        if (*name && i < MEMBERS && i != current_connection() && !named[i])
            named[i] = true;
        else if (*name && i < MEMBERS && named[i])
            unexpected("the welcome lists %s twice", name);
        else if (!is_ghost(name))
            unexpected("the welcome lists %s, who is not here",
                       show(name, strlen(name)));
    }
    for (int i = 0; i < MEMBERS; i++)
        if (*room_members[i].name && i != current_connection() && !named[i] &&
            !is_leaving(i))
            unexpected("the welcome does not list %s", room_members[i].name);
}

/* Return whether there is a member besides the current connection. */
static bool anybody_else(void)
{
    for (int i = 0; i < MEMBERS; i++)
        if (*room_members[i].name && i != current_connection())
            return true;
    return false;
}

/* Put what NAME stands for into OUT: # is the number of this conversation. */
static void expand(const char *name, char out[32])
{
    const char *mark = strchr(name, '#');

    if (mark)
        snprintf(out, 32, "%.*s%zu", (int)(mark - name), name,
                 conversation + 1);
    else
        snprintf(out, 32, "%s", name);
}

void do_welcomed(const char *arg)
{
    static char line[LONGEST], start[64], text[64];
    struct member_of_room *m;

    conn();
    m = &room_members[current_connection()];
    if (*m->name)
        errx(USAGE, "%s has a name already", m->name);
    char name[32];
    expand(arg, name);
    note("  expect   the welcome for %s", name);
    size_t len = receive_line_at(conn(), line, sizeof line, "the newcomer");
    snprintf(start, sizeof start, "* welcome, %s; ", name);
    size_t start_len = strlen(start);
    if (strncmp(line, start, start_len) != 0)
        unexpected("the newcomer hears %s\n  instead of \"%s...\"",
                   show(line, len), start);
    if (strncmp(line + start_len, "here are: ", 10) == 0 &&
        line[start_len + 10] != '\0')
        names_everyone(line + start_len + 10);
    else if (strcmp(line + start_len, "nobody else is here yet") != 0)
        unexpected("the newcomer hears %s\n  instead of \"%shere are: ...\", "
                   "or \"%snobody else is here yet\"",
                   show(line, len), start, start);
    else if (anybody_else())
        unexpected("the newcomer hears that nobody else is here");
    snprintf(m->name, sizeof m->name, "%s", name);
    m->heard = 0;
    len = (size_t)snprintf(text, sizeof text, "* %s has joined", name);
    if (anybody_else())
        note("  expect   that the others hear: %s", text);
    all_others_hear(text, len);
}

void do_join(const char *arg)
{
    char name[32], line[40];

    expand(arg, name);
    int len = snprintf(line, sizeof line, "%s\n", name);
    note("  send     %s", show(line, (size_t)len));
    send_bytes(line, (size_t)len);
    do_welcomed(arg);
}

/* Expect that all others hear TEXT of LEN bytes from the current member. */
void from_me(const char *text, size_t len)
{
    struct member_of_room *m = me();
    char *line = malloc(len + sizeof m->name + 4);

    if (line == NULL)
        err(PROBE_FAILED, "malloc");
    size_t head = (size_t)sprintf(line, "<%s> ", m->name);
    memcpy(line + head, text, len);
    all_others_hear(line, head + len);
    free(line);
}

void do_heard(const char *arg)
{
    size_t len;
    char *text = unescape(arg, &len);

    note("  expect   that the others hear <%s> %s", me()->name,
         show(text, len));
    from_me(text, len);
    free(text);
}

void do_heard_numbers(const char *arg)
{
    size_t first, last;
    char text[24];

    if (sscanf(arg, "%zu %zu", &first, &last) != 2)
        errx(USAGE, "heard-numbers %s: it takes two numbers", arg);
    note("  expect   that the others hear <%s> %zu, and so on, to <%s> %zu",
         me()->name, first, me()->name, last);
    for (; first <= last; first++) {
        int len = sprintf(text, "%zu", first);
        from_me(text, (size_t)len);
    }
}

void do_say(const char *arg)
{
    size_t len;
    char *text = unescape(arg, &len);

    note("  %s says  %s, and the others hear it", me()->name, show(text, len));
    send_bytes(text, len);
    send_bytes("\n", 1);
    from_me(text, len);
    free(text);
}

void do_hear(const char *arg)
{
    size_t len;
    char *text = unescape(arg, &len);

    conn();
    note("  expect   the line %s", show(text, len));
    hears(current_connection(), text, len);
    free(text);
}

void do_hear_error(const char *arg)
{
    static char line[LONGEST];

    (void)arg;
    note("  expect   a line that begins with \"error: \"");
    size_t len = receive_line_at(conn(), line, sizeof line,
                                 called(current_connection()));
    if (strncmp(line, "error: ", 7) != 0)
        unexpected("%s hears %s", called(current_connection()),
                   show(line, len));
    do_expect_gone(NULL);
}

void do_silence(const char *arg)
{
    char buf[4096];

    (void)arg;
    note("  expect   that nothing has arrived");
    ssize_t n = recv(conn(), buf, sizeof buf, 0);
    if (n > 0)
        unexpected("%s hears %s", called(current_connection()),
                   show(buf, (size_t)n));
    if (n == 0)
        unexpected("an end of file has arrived");
    if (errno != EAGAIN)
        unexpected("recv: %s", strerror(errno));
}

/* Member I may leave from now on.  Returns its number among the leavers. */
int may_leave(int i)
{
    for (int k = 0; k < leaver_count; k++)
        if (strcmp(leavers[k], room_members[i].name) == 0)
            return k;
    if (leaver_count == LEAVERS)
        errx(USAGE, "at most %d members may leave", LEAVERS);
    snprintf(leavers[leaver_count], sizeof *leavers, "%s",
             room_members[i].name);
    return leaver_count++;
}

void do_may_leave(const char *arg)
{
    int i = current_connection();

    (void)arg;
    if (i == -1 || *room_members[i].name == '\0')
        errx(USAGE, "the current connection has no name");
    may_leave(i);
}

/* Return the member that is called NAME. */
static int member_called(const char *name)
{
    for (int i = 0; i < MEMBERS; i++)
        if (*name && strcmp(room_members[i].name, name) == 0)
            return i;
    errx(USAGE, "nobody is called %s", name);
}

/* Expect that member I has heard of leaver K, or hears of it now. */
static void hears_of_leaver(int i, int k)
{
    static char line[LONGEST];
    char text[64];

    if (room_members[i].dozes) {
        snprintf(text, sizeof text, "* %s has left", leavers[k]);
        remember_line(i, text, strlen(text));
    }
    while (!room_members[i].dozes && !(room_members[i].heard & 1u << k)) {
        size_t len =
            receive_line_at(socket_of(i), line, sizeof line, called(i));
        if (!is_news_of_leaver(i, line))
            unexpected("%s hears %s", called(i), show(line, len));
    }
}

/* The members whose numbers are true in LEAVE have left: all others hear it. */
void have_left(bool leave[MEMBERS])
{
    for (int i = 0; i < MEMBERS; i++)
        if (leave[i])
            may_leave(i);
    for (int i = 0; i < MEMBERS; i++)
        for (int k = 0; k < leaver_count && *room_members[i].name; k++)
            if (!is_leaving(i))
                hears_of_leaver(i, k);
    for (int i = 0; i < MEMBERS; i++)
        if (leave[i]) {
            free(room_members[i].missed);
            room_members[i] = (struct member_of_room){0};
        }
    for (int i = 0; i < MEMBERS; i++)
        room_members[i].heard = 0;
    leaver_count = 0;
}

void do_left(const char *arg)
{
    static bool leave[MEMBERS];
    char names[256], *rest;

    note("  expect   that the others hear: %s left", arg);
    memset(leave, 0, sizeof leave);
    snprintf(names, sizeof names, "%s", arg);
    for (char *name = strtok_r(names, " ", &rest); name;
         name = strtok_r(NULL, " ", &rest)) {
        char whole[32];
        expand(name, whole);
        leave[member_called(whole)] = true;
    }
    have_left(leave);
}
