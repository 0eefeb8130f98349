/*
 * silent.c - what clients that say nothing cost the one that talks.  The suite of 13
 * uses it.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "probe.h"

enum { TRIPS = 1000 }; /* how often a byte goes there and back, at least */

/*
 * Send a byte and expect it back, again and again.  Returns how many seconds that
 * took: the shortest time of all, because a machine that is busy with other things
 * makes some of them longer, and none of them shorter.  On a machine that is so busy
 * that each of them is longer than ENOUGH, go on for a while.
 */
static double there_and_back(double enough)
{
    double start = now(), best = patience;
    char byte;

    for (int i = 0;
         i < TRIPS || (best > enough && now() - start < patience / 10); i++) {
        double begin = now();
        if (send(conn(), "x", 1, 0) != 1)
            unexpected("cannot send: %s", strerror(errno));
        while (recv(conn(), &byte, 1, 0) != 1)
            if (errno != EAGAIN || !ready(conn(), POLLIN))
                unexpected("a byte did not come back");
        double took = now() - begin;
        best = took < best ? took : best;
        renew_deadline();
    }
    return best;
}

/* Connect N more clients, and wait until the server has accepted them. */
static void connect_more(size_t n)
{
    note("  connect  %zu clients that are silent from then on", n);
    connect_silent(n);
}

void do_beside_silent(const char *arg)
{
    size_t few, many, most;

    if (sscanf(arg, "%zu %zu %zu", &few, &many, &most) != 3 || many < few)
        errx(USAGE, "beside-silent %s: it takes three numbers", arg);
    connect_more(few);
    double before = there_and_back(patience);
    note("  measure  how long another client's byte takes there and back: "
         "%.0f us",
         before * 1e6);
    connect_more(many - few);
    double limit = (double)most * before, after = there_and_back(limit);
    note("  measure  the same beside all %zu: %.0f us", many, after * 1e6);
    note("  expect   that this is at most %zu times as long", most);
    if (after > limit)
        unexpected("it is %.0f times as long", after / before);
}
