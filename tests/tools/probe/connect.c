/*
 * connect.c - steps that open, choose and end connections.  All suites use them.
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

enum { CONNECTIONS = 1200 };

static struct connection {
    int sock; /* -1: it is closed */
    bool put_off; /* the server's queue had no room for it: see do_put_off() */
    size_t answered;
    double since; /* when it was established; see now() */
} connections[CONNECTIONS];
static int count, current = -1;

/* Make SOCK the newest connection, and the current one. */
void use_new(int sock)
{
    if (count == CONNECTIONS)
        errx(USAGE, "at most %d connections", CONNECTIONS);
    if (count == 100)
        allow_many_sockets();
    current = count++;
    connections[current] = (struct connection){.sock = sock, .since = now()};
}

/* Return the current connection's socket; end with status 2 if there is none. */
int conn(void)
{
    if (current == -1 || connections[current].sock == -1)
        errx(USAGE, "there is no connection for this step");
    return connections[current].sock;
}

/* Return how many connections there have been: the number of the newest one. */
int connection_number(void)
{
    return count;
}

/* Return which connection is the current one, from 0 on; -1: there is none. */
int current_connection(void)
{
    return current;
}

/* Make connection I the current one, which may be closed.  Returns its socket. */
int switch_to(int i)
{
    current = i;
    return i == -1 ? -1 : connections[i].sock;
}

/* Return how many seconds ago the current connection was established. */
double connected_for(void)
{
    conn();
    return now() - connections[current].since;
}

/* Return where the current connection counts the bytes of its answer. */
size_t *answered(void)
{
    conn();
    return &connections[current].answered;
}

/* Close the current connection. */
void close_current(void)
{
    close(conn());
    connections[current].sock = -1;
}

/* Close every connection, in order, and forget them. */
void close_connections(void)
{
    for (int i = 0; i < count; i++)
        if (connections[i].sock != -1)
            close(connections[i].sock);
    count = 0;
    current = -1;
}

/*
 * Call connect() for SOCK, again and again while the queue of a server in the
 * unix domain is full.  Returns what connect() returns.
 */
static int connect_soon(int sock)
{
    int result;

    while ((result = connect(sock, peer->ai_addr, peer->ai_addrlen)) == -1 &&
           errno == EAGAIN && now() < deadline)
        pause_for(0.001);
    return result;
}

/*
 * Connect a new socket, and wait until that is done.  Returns the socket, and in
 * *ERROR 0 or the reason of the failure.  Where the queue of the server is full
 * the kernel drops the SYN, and would send it again after a second or more: we
 * dial again before, so that a short queue does not make us wait for so long.
 */
static int dial_until_connected(int *error)
{
    const double end = deadline;
    socklen_t len = sizeof *error;

    for (;;) {
        int sock = new_socket();
        *error = connect_soon(sock) == -1 ? errno : 0;
        deadline = end < now() + 0.02 ? end : now() + 0.02;
        if (*error == EINPROGRESS && ready(sock, POLLOUT))
            getsockopt(sock, SOL_SOCKET, SO_ERROR, error, &len);
        deadline = end;
        if (*error != EINPROGRESS || now() >= end)
            return sock;
        close(sock);
    }
}

/*
 * Connect, and wait until that is done.  Returns the socket.  A siege ends when it
 * is refused.
 */
int connected_socket(void)
{
    int error, sock = dial_until_connected(&error);

    if (error == EINPROGRESS)
        unexpected("cannot connect to %s for %g s: the server accepts nobody, "
                   "and its queue is full",
                   peer_address(), patience);
    if (error && besieging)
        exit(0);
    if (error)
        unexpected("cannot connect to %s: %s", peer_address(), strerror(error));
    return sock;
}

/* Make a connection, which becomes the current one. */
void connect_to_peer(void)
{
    use_new(connected_socket());
    note("  connect  to %s (connection %d)", peer_address(), count);
}

void do_connect(const char *arg)
{
    (void)arg;
    connect_to_peer();
}

void do_dial(const char *arg)
{
    int sock = new_socket();

    (void)arg;
    if (connect_soon(sock) == -1 && errno != EINPROGRESS)
        unexpected("connect: %s", strerror(errno));
    use_new(sock);
    note("  connect  to %s, without waiting for it (connection %d)",
         peer_address(), count);
}

void do_group(const char *arg)
{
    note("  group    %s", arg);
    if (setegid((gid_t)number(arg)) == -1)
        err(PROBE_FAILED, "setegid");
}

/* Wait for a client, but not for one that has ended without connecting. */
void do_accept(const char *arg)
{
    (void)arg;
    if (listener == -1)
        errx(USAGE, "accept goes with listen");
    for (double end = deadline;;) {
        bool ended = has_started() && has_ended();
        deadline = now() + 0.02;
        if (ready(listener, POLLIN))
            break;
        if (ended)
            unexpected("the program ended without connecting");
        if (now() > end)
            unexpected("no client connected for %g s", patience);
    }
    int sock = accept(listener, NULL, NULL);
    if (sock == -1)
        err(PROBE_FAILED, "accept");
    prepare(sock);
    if (receive_buffer)
        setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &receive_buffer,
                   sizeof receive_buffer);
    use_new(sock);
    note("  accept   (connection %d)", count);
}

/*
 * Whoever finds no room in a short queue would try again after a second, then after
 * three: close those, and let do_use() connect them anew.
 */
void do_put_off(const char *arg)
{
    struct sockaddr_storage addr;

    (void)arg;
    for (int i = 0; i < count; i++) {
        struct connection *c = &connections[i];
        socklen_t len = sizeof addr;
        if (c->sock == -1 ||
            getpeername(c->sock, (struct sockaddr *)&addr, &len) == 0)
            continue;
        note("  close    connection %d, for which the queue has no room",
             i + 1);
        close(c->sock);
        c->sock = -1;
        c->put_off = true;
    }
}

void do_use(const char *arg)
{
    current = (int)number(arg) - 1;
    if (current < 0 || current >= count)
        errx(USAGE, "there is no connection %s", arg);
    struct connection *c = &connections[current];
    note("  use      connection %s%s", arg,
         c->put_off ? ", connected anew" : "");
    if (c->put_off)
        *c = (struct connection){.sock = connected_socket(), .since = now()};
}

void do_local(const char *arg)
{
    (void)arg;
    puts(local_address(conn()));
    fflush(stdout);
}

void do_peer(const char *arg)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    (void)arg;
    if (getpeername(conn(), (struct sockaddr *)&addr, &len) == -1)
        unexpected("getpeername: %s", strerror(errno));
    puts(format_address((struct sockaddr *)&addr, len));
    fflush(stdout);
}

void do_shut_down(const char *arg)
{
    (void)arg;
    note("  shut down the sending side");
    if (shutdown(conn(), SHUT_WR) == -1)
        unexpected("shutdown: %s", strerror(errno));
}

/* Expect an end of file and nothing before it; or a reset if RESET_WILL_DO. */
static void expect_end(bool reset_will_do)
{
    char buf[4096];

    skip_news_of_leavers();
    if (!ready(conn(), POLLIN))
        unexpected("the connection stayed open for %g s", patience);
    ssize_t n = recv(conn(), buf, sizeof buf, 0);
    if (n > 0)
        unexpected("%s arrived", show(buf, (size_t)n));
    if (n == -1 && !(reset_will_do && errno == ECONNRESET))
        unexpected("recv: %s", strerror(errno));
}

void do_expect_end(const char *arg)
{
    (void)arg;
    note("  expect   end of file");
    expect_end(false);
}

void do_expect_ended(const char *arg)
{
    (void)arg;
    note("  expect   that the end of file is there already");
    deadline = now() + 0.1;
    if (!ready(conn(), POLLIN))
        unexpected("the connection stayed open for 0.1 s more");
    expect_end(false);
}

void do_expect_gone(const char *arg)
{
    (void)arg;
    note("  expect   the end of the connection");
    expect_end(true);
}

void do_close(const char *arg)
{
    (void)arg;
    note("  close");
    close_current();
}

void do_reset(const char *arg)
{
    struct linger now_and_hard = {.l_onoff = 1, .l_linger = 0};

    (void)arg;
    note("  reset");
    setsockopt(conn(), SOL_SOCKET, SO_LINGER, &now_and_hard,
               sizeof now_and_hard);
    close_current();
}
