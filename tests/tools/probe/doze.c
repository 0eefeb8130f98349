/*
 * doze.c - steps in the chat room of lesson 10, with members that do not read, or do
 * not give their names: what the server holds for them, and when it cuts them off.
 * Its suite uses them.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "chat.h"
#include "probe.h"

static size_t piled; /* how many lines were said by pile-up */

void do_doze(const char *arg)
{
    (void)arg;
    note("  %s reads nothing from now on", me()->name);
    me()->dozes = true;
}

/* Return whether a whole line is there for SOCK. */
static bool line_is_there(int sock)
{
    static char bytes[LONGEST];
    ssize_t n = recv(sock, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);

    return n > 0 && memchr(bytes, '\n', (size_t)n);
}

/*
 * Return whether a whole line is there for the current connection, SOCK, or arrives
 * from what the server's kernel still has to send.  While our window is closed it sends
 * hardly anything, so we give up when nothing has arrived for half a second.  Where the
 * kernel doesn't tell, only what is there counts.
 */
static bool line_arrives(int sock)
{
    double stalled = now() + 0.5;
    size_t tx = 0, rx = 0;
    int unread = 0, before = 0;
    bool known, there;

    do {
        known = ask_for_peer(&tx, &rx) ||
                find_sockets(port_of(peer_address()),
                             port_of(local_address(sock)), 1, &tx, &rx) == 1;
        there = line_is_there(sock); /* asked last: it may have just arrived */
        if (ioctl(sock, FIONREAD, &unread) == 0 && unread != before)
            stalled = now() + 0.5;
        before = unread;
        if (!there && tx > 0)
            pause_for(0.001);
    } while (!there && known && tx > 0 && now() < stalled && now() < deadline);
    return there;
}

/*
 * Expect what the current member has missed: ALL of it, or only what the server has
 * already sent.  Returns how many lines that was, and forgets them.
 */
static size_t hears_missed(bool all)
{
    struct member_of_room *m = me();
    int i = current_connection();
    size_t done = 0, lines = 0;

    while (done < m->missed_len && (all || line_arrives(socket_of(i)))) {
        size_t len = strcspn(m->missed + done, "\n");
        hears(i, m->missed + done, len);
        done += len + 1;
        lines++;
    }
    m->missed_len -= done;
    m->missed_lines -= lines;
    if (done > 0)
        memmove(m->missed, m->missed + done, m->missed_len);
    return lines;
}

void do_wake(const char *arg)
{
    struct member_of_room *m = me();

    (void)arg;
    note("  %s reads again: expect the %zu lines that it has missed", m->name,
         m->missed_lines);
    m->dozes = false;
    hears_missed(true);
    free(m->missed);
    m->missed = NULL;
}

void do_catch_up(const char *arg)
{
    (void)arg;
    me()->dozes = false;
    note("  %s reads the %zu lines that were sent, and then nothing again",
         me()->name, hears_missed(false));
    me()->dozes = true;
}

/* Let the current member say COUNT lines of 1,000 bytes, which differ, in one piece. */
static void say_lines(size_t count)
{
    static char lines[128 * 1001];

    if (count > 128)
        count = 128;
    memset(lines, 'x', count * 1001);
    for (size_t i = 0; i < count; i++) {
        int n = sprintf(lines + i * 1001, "line %zu ", piled + i);
        lines[i * 1001 + (size_t)n] = 'x';
        lines[i * 1001 + 1000] = '\n';
    }
    send_bytes(lines, count * 1001);
    for (size_t i = 0; i < count; i++)
        from_me(lines + i * 1001, 1000);
    piled += count;
}

/*
 * Set *HOLDS to how many bytes the server holds in its own memory for member I,
 * which dozes: what it should have heard, less what is in the socket buffers.
 * Returns false if the server has closed this connection; then *HOLDS is how many
 * they can have been.
 */
static bool look_at_held(int i, size_t *holds)
{
    const struct member_of_room *m = &room_members[i];
    int before = current_connection(), unread = 0, sock = switch_to(i);
    size_t tx = 0, rx = 0;
    bool there = ask_for_peer(&tx, &rx) ||
                 find_sockets(port_of(peer_address()),
                              port_of(local_address(sock)), 1, &tx, &rx) == 1;

    switch_to(before);
    if (ioctl(sock, FIONREAD, &unread) == -1)
        unexpected("FIONREAD: %s", strerror(errno));
    size_t due = m->missed_len + m->missed_lines * (line_end_len - 1);
    size_t elsewhere = tx + (size_t)unread;
    *holds = due > elsewhere ? due - elsewhere : 0;
    return there;
}

/* Return the most bytes that the server holds for a member that dozes; *WHO it is. */
static size_t most_held(int *who)
{
    size_t most = 0;

    *who = -1;
    for (int i = 0; i < MEMBERS; i++) {
        if (*room_members[i].name == '\0' || !room_members[i].dozes)
            continue;
        size_t holds;
        if (!look_at_held(i, &holds))
            unexpected("the server has closed the connection of %s, which does "
                       "not read; at most %zu bytes were waiting for it",
                       room_members[i].name, holds);
        if (holds >= most)
            *who = i;
        if (holds > most)
            most = holds;
    }
    if (*who == -1)
        errx(USAGE, "nobody dozes");
    return most;
}

/* Return whether a member hears what the current one says, so that we know when the
 * server has received it. */
static bool somebody_listens(void)
{
    for (int i = 0; i < MEMBERS; i++)
        if (*room_members[i].name && !room_members[i].dozes &&
            i != current_connection())
            return true;
    return false;
}

void do_pile_up(const char *arg)
{
    char *command;
    size_t wanted = strtoul(arg, &command, 10), holds = 0, first = piled;
    int who = 0;

    command += strspn(command, " ");
    if (!somebody_listens())
        errx(USAGE, "pile-up takes a third member, who reads");
    while (holds < wanted) {
        if (piled - first > 16384)
            unexpected("16 MB were said, and no more than %zu bytes wait",
                       holds);
        say_lines(holds ? (wanted - holds) / 1000 + 1 : 1);
        if (most_held(&who) == 0)
            continue;
        run_command(command);
        holds = most_held(&who);
    }
    note("  %s says  %zu lines of 1,000 bytes; the others hear them, and "
         "%zu bytes wait in the server for %s",
         me()->name, piled - first, holds, room_members[who].name);
}

/* With each acknowledgement the server's kernel may enlarge its send buffer: then there
 * is room for bytes that could not be sent before. */
void do_acknowledged(const char *arg)
{
    int before = current_connection();

    (void)arg;
    note("  wait     until what was sent to those who doze is acknowledged");
    for (int i = 0; i < MEMBERS; i++)
        if (*room_members[i].name && room_members[i].dozes) {
            switch_to(i);
            wait_for_acknowledgement();
        }
    switch_to(before);
}

/* Each of the members whose numbers are true in LEAVE may leave from now on. */
static void may_leave_if(const bool leave[MEMBERS])
{
    for (int i = 0; i < MEMBERS; i++)
        if (leave[i])
            may_leave(i);
}

/*
 * Return whether the current member, who talks, has heard that somebody has left.
 * If not, end probe if more than 64 KiB are waiting for one of those in LEAVE.
 */
static bool somebody_has_left(const bool leave[MEMBERS])
{
    const size_t limit = 65536;
    size_t holds;
    char news;

    if (recv(conn(), &news, 1, MSG_PEEK) != -1)
        return true;
    for (int i = 0; i < MEMBERS; i++)
        if (leave[i] && look_at_held(i, &holds) && holds > limit)
            unexpected("%zu bytes wait in the server for %s, which is still "
                       "connected",
                       holds, room_members[i].name);
    return false;
}

void do_overflow(const char *arg)
{
    static bool leave[MEMBERS];
    char names[256] = "";
    size_t first = piled;

    for (int i = 0; i < MEMBERS; i++) {
        leave[i] = *room_members[i].name && room_members[i].dozes;
        if (leave[i])
            snprintf(names + strlen(names), sizeof names - strlen(names), " %s",
                     room_members[i].name);
    }
    note("  %s says  more such lines; expect that all others hear them, and "
         "that these are disconnected when 64 KiB are waiting:%s",
         me()->name, names);
    do {
        if (piled - first > 16384)
            unexpected("16 MB were said, and all of them are still connected");
        may_leave_if(leave);
        say_lines(10);
        run_command(arg);
    } while (!somebody_has_left(leave));
    have_left(leave);
}

/*
 * Wait 0.1 s at most for the server to end the current connection.  Returns whether it
 * has, which must be SECONDS after the connection was established, or a little later.
 */
static bool is_cut_off(double seconds)
{
    char buf[4096];
    ssize_t n;

    if (connected_for() > seconds + 4)
        unexpected("it is still open %g s after it was established",
                   seconds + 4);
    deadline = now() + 0.1;
    if (!ready(conn(), POLLIN))
        return false;
    n = recv(conn(), buf, sizeof buf, 0);
    if (n > 0 || (n == -1 && errno == EAGAIN))
        return false;
    if (connected_for() < seconds - 0.1)
        unexpected("it ended after only %.1f s", connected_for());
    return true;
}

void do_drip(const char *arg)
{
    double seconds = (double)number(arg), next = 0;
    int last = connection_number() - 1, left;

    note("  send     \"x\" every 0.3 s%s\n  expect   the end of the connection "
         "%s s after it was established",
         last > 0 ? " on each connection" : "", arg);
    do {
        bool due = now() >= next;
        if (due)
            next = now() + 0.3;
        left = 0;
        for (int i = 0; i <= last; i++) {
            if (switch_to(i) == -1)
                continue;
            if (due)
                (void)send(conn(), "x", 1, 0); /* recv() tells if that fails */
            if (is_cut_off(seconds))
                close_current();
            else
                left++;
        }
    } while (left > 0);
}

void do_cut_off(const char *arg)
{
    note("  expect   the end of the connection %s s after it was established",
         arg);
    while (!is_cut_off((double)number(arg)))
        ;
}
