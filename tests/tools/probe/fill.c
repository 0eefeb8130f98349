/*
 * fill.c - steps that fill a server's buffers and look at how much it holds in
 * its own memory.  The suites of 07, 09 and 11 use them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "probe.h"

enum { FILL_AT_MOST = 1 << 26 };

static size_t filled; /* how many bytes of the stream were sent by `fill` */
static size_t fetched; /* how many of them have come back */

/* Begin the stream again, with the next client. */
void forget_filled(void)
{
    filled = fetched = 0;
}

/* Send up to LEN more bytes of the stream.  Returns how many there was room for. */
static size_t send_more(size_t len)
{
    char *bytes = stream(filled & ~(size_t)7, len + 8);
    ssize_t n = send(conn(), bytes + filled % 8, len, 0);

    free(bytes);
    if (n == -1 && errno != EAGAIN)
        unexpected("send failed after %zu bytes: %s", filled, strerror(errno));
    filled += n > 0 ? (size_t)n : 0;
    return n > 0 ? (size_t)n : 0;
}

/* Expect LEN more of these bytes back. */
static void fetch(size_t len)
{
    char *bytes = stream(0, fetched + len);

    exchange(NULL, 0, bytes + fetched, len);
    fetched += len;
    free(bytes);
}

void do_expect_filled(const char *arg)
{
    (void)arg;
    note("  expect   the %s%zu bytes back", fetched ? "other " : "same ",
         filled - fetched);
    fetch(filled - fetched);
    forget_filled();
}

void do_expect_some_filled(const char *arg)
{
    size_t n = number(arg);

    n = n < filled - fetched ? n : filled - fetched;
    note("  expect   %zu of these bytes back", n);
    fetch(n);
}

/*
 * Return how many bytes the server holds in its own memory: what we sent, less
 * what we have got back and the bytes in the four socket buffers, of which *RX
 * are unread by the server.  We look at the
 * buffers in the order in which bytes go through them, so a byte that moves
 * meanwhile may be counted twice, but is never missed.
 */
static size_t held(size_t *rx)
{
    size_t tx = 0;
    int unsent = 0, unread = 0;
    unsigned ours = port_of(local_address(conn()));
    unsigned theirs = port_of(peer_address());

#ifdef __linux__
    if (ioctl(conn(), TIOCOUTQ, &unsent) == -1)
        unexpected("TIOCOUTQ: %s", strerror(errno));
#endif
    if (!ask_for_peer(&tx, rx) && find_sockets(theirs, ours, 1, &tx, rx) != 1)
        unexpected("the server's end of this connection is gone");
    if (ioctl(conn(), FIONREAD, &unread) == -1)
        unexpected("FIONREAD: %s", strerror(errno));
    size_t in_buffers = (size_t)unsent + *rx + tx + (size_t)unread;
    size_t elsewhere = fetched + in_buffers;
    return filled > elsewhere ? filled - elsewhere : 0;
}

void do_held_at_most(const char *arg)
{
    size_t rx = 0, most = number(arg), holds;

    note("  expect   that the server holds at most %zu bytes of them", most);
    holds = held(&rx);
    if (holds > most)
        unexpected("it holds %zu, and %zu more are unread", holds, rx);
}

/* Return how many bytes the server has still to send back. */
static size_t due(void)
{
    size_t rx = 0, holds = held(&rx);

    return rx + holds;
}

/*
 * Return whether all that we sent is on its way: nothing of it waits in the
 * server, which rests.  TCP opens a closed window late, sometimes only when we ask
 * for it, after 200 ms or more (a segment is as long as a window on loopback).
 */
static bool on_its_way(void)
{
    size_t tx = 0, rx = 0;

    return ask_for_peer(&tx, &rx) && due() == 0;
}

void do_fill(const char *arg)
{
    const size_t piece = 65536;
    size_t before;

    do {
        before = filled;
        while (filled < FILL_AT_MOST && send_more(piece) > 0)
            ;
        run_command(arg);
        while (on_its_way() && send_more(piece) == 0 && now() < deadline)
            pause_for(0.01);
    } while (filled < FILL_AT_MOST && filled != before);
    note("  send     %zu bytes of the stream, until there is room for no more",
         filled);
}

/*
 * After `fill`, TCP has another try now and then (each 0.2 s at first), and what
 * little room there is goes to what the server has still to send: then its send()
 * ends.  With a receive buffer as small as can be, full as it is, it never does.
 */
void do_take_no_more(const char *arg)
{
    int size = 1;

    (void)arg;
    note("  take     nothing more from the server");
    if (setsockopt(conn(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == -1)
        unexpected("SO_RCVBUF: %s", strerror(errno));
}

/* Send pieces of LEN bytes, each after the one before it has come through the
 * server, until some wait there although it rests (see COMMAND). */
static void fill_by(size_t len, const char *command)
{
    while (filled < FILL_AT_MOST && send_more(len) > 0) {
        for (int looks = 0; looks < 20 && due() > 0; looks++)
            ;
        if (due() == 0)
            continue;
        run_command(command);
        if (due() > 0)
            break;
    }
    note("  send     %zu bytes of the stream, %zu at a time, until some wait "
         "in the server",
         filled, len);
}

void do_fill_to_brim(const char *arg)
{
    fill_by(1000, arg);
}

/*
 * The kernel asks for more memory when a segment is full.  A piece that is a
 * segment never gets half of it: the server's send() takes all of the piece, or
 * fails with EAGAIN if it may not wait.
 */
void do_fill_by_segments(const char *arg)
{
    int len = 0;
    socklen_t size = sizeof len;

    if (getsockopt(conn(), IPPROTO_TCP, TCP_MAXSEG, &len, &size) == -1)
        unexpected("TCP_MAXSEG: %s", strerror(errno));
    fill_by((size_t)len, arg);
}
