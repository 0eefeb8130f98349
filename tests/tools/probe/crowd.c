/*
 * crowd.c - steps with many clients at the same time, or a server of many.  The
 * suites of 04, 09 and 13 use them.
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

/* The messages of one client; its socket is in `crowd`. */
static struct member {
    size_t round; /* how many messages it has sent */
    size_t got; /* how much of the last one has come back */
    size_t length; /* of that message; 0: it has sent none */
} * members;
static struct pollfd *crowd; /* .events is 0 for one that expects nothing, and
                                POLLOUT for one that is not connected yet */
static size_t crowd_size;
static size_t served; /* how many of them have got their message back */
static bool may_close; /* the server may close a connection without an answer */
static size_t turned_away; /* how many it has closed so; they count as served */

/* Put the message that client I sends in its present round into TEXT.  Returns
 * its length. */
static size_t message(size_t i, char text[64])
{
    return (size_t)sprintf(text, "message %zu of client %zu\n",
                           members[i].round, i);
}

/* Make room for N more clients, also in the table of descriptors. */
static void enlarge_crowd(size_t n)
{
    allow_many_sockets();
    void *fds = realloc(crowd, (crowd_size + n) * sizeof *crowd);
    void *more = realloc(members, (crowd_size + n) * sizeof *members);
    if (fds == NULL || more == NULL)
        err(PROBE_FAILED, "realloc");
    crowd = fds;
    members = more;
    memset(members + crowd_size, 0, n * sizeof *members);
}

/* Close all clients that have not left, and forget them. */
void close_crowd(void)
{
    for (size_t i = 0; i < crowd_size; i++)
        if (crowd[i].fd != -1)
            close(crowd[i].fd);
    crowd_size = served = turned_away = 0;
    may_close = false;
}

/* Let client I begin to connect. */
static void dial(size_t i)
{
    crowd[i] = (struct pollfd){.fd = new_socket(), .events = POLLOUT};
    if (connect(crowd[i].fd, peer->ai_addr, peer->ai_addrlen) == -1 &&
        errno != EINPROGRESS)
        unexpected("cannot connect: %s", strerror(errno));
}

/*
 * Let each client that is not connected yet begin again.  Where the queue is
 * full the kernel drops the SYN, and would send it again after a second or
 * more; a short queue must not make us wait for so long.  Returns how many they are.
 */
static size_t dial_again(void)
{
    size_t n = 0;

    for (size_t i = 0; i < crowd_size; i++)
        if (crowd[i].fd != -1 && crowd[i].events == POLLOUT) {
            close(crowd[i].fd);
            dial(i);
            n++;
        }
    return n;
}

/* Note how many of the clients nobody has accepted: UNCONNECTED, or those that the
 * kernel has connected, and that wait in the server's queue (Linux). */
static void note_the_unaccepted(size_t unconnected)
{
    const unsigned listening = 10;
    size_t tx, waiting = 0;

    if (unconnected > 0)
        note("  (of the %zu clients, %zu are not connected: the server has "
             "not accepted them, and its queue is full)",
             crowd_size, unconnected);
    else if (find_sockets(port_of(peer_address()), 0, listening, &tx,
                          &waiting) &&
             waiting > 0)
        note(
            "  (in the queue, because the server has not accepted them: %zu of "
            "the %zu clients)",
            waiting, crowd_size);
}

/*
 * Wait until one of the clients is ready for its events.  After the deadline,
 * report that for so many seconds PROBLEM, a sentence, was true.
 */
static void wait_for_crowd(const char *problem)
{
    for (;;) {
        double left = deadline - now();
        double turn = left < 0.02 ? left : 0.02;
        int n =
            poll(crowd, (nfds_t)crowd_size, turn > 0 ? (int)(turn * 1000) : 0);
        if (n == -1 && errno != EINTR)
            err(PROBE_FAILED, "poll");
        if (n > 0)
            return;
        size_t unconnected = dial_again();
        if (left > 0)
            continue;
        note_the_unaccepted(unconnected);
        unexpected("%s for %g s", problem, patience);
    }
}

/* Returns whether client I, which was dialling, is connected now. */
static bool is_connected(size_t i)
{
    int error;
    socklen_t len = sizeof error;

    getsockopt(crowd[i].fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error)
        unexpected("cannot connect: %s", strerror(error));
    crowd[i].events = 0;
    return true;
}

/* Let N more clients begin to connect, all at the same time. */
static void dial_crowd(size_t n)
{
    enlarge_crowd(n);
    while (n-- > 0)
        dial(crowd_size++);
}

/* Connect N more clients, all at the same time. */
static void connect_crowd(size_t n)
{
    size_t first = crowd_size, waiting = n;

    dial_crowd(n);
    while (waiting > 0) {
        wait_for_crowd("at least one client was not connected");
        for (size_t i = first; i < crowd_size; i++)
            if (crowd[i].revents && is_connected(i))
                waiting--;
    }
}

/* Let client I send its next message. */
static void send_message(size_t i)
{
    char text[64];

    members[i].round++;
    members[i].got = 0;
    members[i].length = message(i, text);
    if (send(crowd[i].fd, text, members[i].length, 0) !=
        (ssize_t)members[i].length)
        unexpected("client %zu cannot send: %s", i, strerror(errno));
    crowd[i].events = POLLIN;
}

/* Let client I receive.  Returns whether its whole message has come back. */
static bool receive_message(size_t i)
{
    char text[64], buf[64];
    ssize_t n = recv(crowd[i].fd, buf, sizeof buf, 0);

    message(i, text);
    if (n == -1 && errno == EAGAIN)
        return false;
    if (n <= 0 && may_close && members[i].round == 1 && members[i].got == 0) {
        close(crowd[i].fd);
        crowd[i].fd = -1;
        turned_away++;
        return true;
    }
    if (n <= 0)
        unexpected("%zu bytes of client %zu's message came back, then %s",
                   members[i].got, i, n ? strerror(errno) : "end of file");
    if ((size_t)n > members[i].length - members[i].got ||
        memcmp(buf, text + members[i].got, (size_t)n) != 0)
        unexpected(
            "%s arrived at client %zu\n  instead of %s", show(buf, (size_t)n),
            i, show(text + members[i].got, members[i].length - members[i].got));
    members[i].got += (size_t)n;
    renew_deadline();
    if (members[i].got < members[i].length)
        return false;
    crowd[i].events = 0;
    return true;
}

/* Let each client from FIRST on send a message and get it back, ROUNDS times. */
static void talk(size_t first, size_t rounds)
{
    while (rounds-- > 0) {
        size_t open = crowd_size - first;
        for (size_t i = first; i < crowd_size; i++)
            send_message(i);
        while (open > 0) {
            wait_for_crowd("at least one client's message did not come back");
            for (size_t i = first; i < crowd_size; i++)
                if (crowd[i].revents && receive_message(i))
                    open--;
        }
    }
}

void do_crowd(const char *arg)
{
    size_t n = number(arg), piece = 64; /* few queues are shorter */

    note("  connect  %zu clients; each sends a message, and expects it back",
         n);
    for (size_t more; n > 0; n -= more) {
        more = n < piece ? n : piece;
        connect_crowd(more);
        talk(crowd_size - more, 1);
    }
}

/*
 * Connect N more clients, of which only the last one of each piece sends a message,
 * and gets it back: so the server has accepted those before it, too.
 */
void connect_silent(size_t n)
{
    size_t piece = 64; /* few queues are shorter */

    for (size_t more; n > 0; n -= more) {
        more = n < piece ? n : piece;
        connect_crowd(more);
        talk(crowd_size - 1, 1);
    }
}

void do_talk(const char *arg)
{
    note("  send     a message from every client at the same time, and expect "
         "each back, %s times",
         arg);
    talk(0, number(arg));
}

void do_talk_for(const char *arg)
{
    double end = now() + strtod(arg, NULL);
    size_t open = crowd_size, messages = 0;

    note(
        "  send     messages from every client, and expect each back, for %s s",
        arg);
    for (size_t i = 0; i < crowd_size; i++)
        send_message(i);
    while (open > 0) {
        wait_for_crowd("at least one client's message did not come back");
        for (size_t i = 0; i < crowd_size; i++) {
            if (crowd[i].revents == 0 || !receive_message(i))
                continue;
            messages++;
            if (now() < end)
                send_message(i);
            else
                open--;
        }
    }
    printf("%zu\n", messages);
}

/* Let client I, which is ready for something, go on.  Returns whether its message
 * has come back. */
static bool go_on(size_t i)
{
    if (crowd[i].events != POLLOUT)
        return receive_message(i);
    if (is_connected(i))
        send_message(i);
    return false;
}

void do_throng(const char *arg)
{
    note("  connect  %s clients at the same time; each sends a message", arg);
    dial_crowd(number(arg));
    wait_for_crowd("no client was connected");
    for (size_t i = 0; i < crowd_size; i++)
        if (crowd[i].revents)
            go_on(i);
}

void do_may_close(const char *arg)
{
    (void)arg;
    may_close = true;
}

/* Let each client receive for which something has arrived; do not wait. */
static void receive_what_is_there(void)
{
    if (poll(crowd, (nfds_t)crowd_size, 0) == -1)
        err(PROBE_FAILED, "poll");
    for (size_t i = 0; i < crowd_size; i++)
        if (crowd[i].revents)
            served += (size_t)go_on(i);
}

void do_some_served(const char *arg)
{
    (void)arg;
    receive_what_is_there();
    note("  expect   that some get it back: %zu of %zu do",
         served - turned_away, crowd_size);
    if (served == turned_away)
        unexpected("no client got its message back");
    double end = now() + patience; /* for all of them: no server may nap */
    for (int talks = 0; talks < 20;)
        for (size_t i = 0; i < crowd_size; i++) {
            if (crowd[i].fd == -1 || crowd[i].events != 0)
                continue;
            send_message(i);
            deadline = end;
            while (ready(crowd[i].fd, POLLIN) && !receive_message(i))
                deadline = end;
            if (crowd[i].events != 0)
                unexpected("client %zu got its first message back, but not a "
                           "later one",
                           i);
            talks++;
        }
}

/* Close a client that has been served.  Returns whether there was one. */
static bool leave(void)
{
    for (size_t i = 0; i < crowd_size; i++) {
        if (crowd[i].fd == -1 || crowd[i].events != 0)
            continue;
        close(crowd[i].fd);
        crowd[i].fd = -1;
        return true;
    }
    return false;
}

void do_one_leaves(const char *arg)
{
    size_t before = served;

    (void)arg;
    note("  close    one of them; expect that another one gets its message "
         "back");
    leave();
    while (served < crowd_size && served == before) {
        wait_for_crowd("no other client got its message back");
        receive_what_is_there();
    }
}

void do_all_served(const char *arg)
{
    (void)arg;
    note("  close    those, again and again; expect that all the others get "
         "theirs "
         "back");
    while (served < crowd_size) {
        while (leave())
            ;
        wait_for_crowd("no other client got its message back");
        receive_what_is_there();
    }
}

void do_accept_crowd(const char *arg)
{
    size_t n = number(arg);

    note("  accept   %zu connections", n);
    enlarge_crowd(n);
    while (crowd_size < n) {
        int sock = accept(listener, NULL, NULL);
        if (sock == -1 && errno == EAGAIN) {
            if (!ready(listener, POLLIN))
                unexpected("only %zu connected in %g s", crowd_size, patience);
            continue;
        }
        if (sock == -1)
            err(PROBE_FAILED, "accept");
        prepare(sock);
        crowd[crowd_size++] = (struct pollfd){.fd = sock, .events = POLLIN};
    }
}

void do_echo_crowd(const char *arg)
{
    size_t open = crowd_size, all = 0;
    char buf[4096];

    (void)arg;
    note("  echo     what each client sends, until all have left");
    while (open > 0) {
        wait_for_crowd("no client sent anything or left");
        for (size_t i = 0; i < crowd_size; i++) {
            if (crowd[i].revents == 0)
                continue;
            ssize_t n = recv(crowd[i].fd, buf, sizeof buf, 0);
            if (n > 0 && send(crowd[i].fd, buf, (size_t)n, 0) != n)
                unexpected("send: %s", strerror(errno));
            if (n == -1 && errno != ECONNRESET)
                unexpected("recv: %s", strerror(errno));
            all += n > 0 ? (size_t)n : 0;
            if (n <= 0) {
                close(crowd[i].fd);
                crowd[i].fd = -1;
                open--;
            }
            renew_deadline();
        }
    }
    printf("%zu\n", all);
}
