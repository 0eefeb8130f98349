/* wait.c - wait for a condition, and say what is the case instead. */
#include "look.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/*
 * Wait until the program holds at most PROCESSES and DESCRIPTORS.  As long as they
 * become fewer we go on waiting: to end a thousand processes takes a busy machine a
 * while.
 */
int wait_for_few(int guard, int processes, int descriptors)
{
    struct view v;
    double end = now() + patience;
    int fewest = 0;

    for (;;) {
        v = look(guard);
        if (fewest == 0 || v.processes + v.descriptors < fewest) {
            fewest = v.processes + v.descriptors;
            end = now() + patience;
        }
        if (v.processes <= processes && v.descriptors <= descriptors)
            return 0;
        if (now() > end)
            break;
        pause_for(0.002);
    }
    const char *what = v.processes <= processes ? "descriptors"
                       : v.descriptors <= descriptors
                           ? "processes"
                           : "processes, descriptors";
    fprintf(stderr,
            "  expected at most: processes %d descriptors %d, as before\n"
            "  but after %g s:   processes %d descriptors %d (too many %s)\n",
            processes, descriptors, patience, v.processes, v.descriptors, what);
    return NOT_SO;
}

/* Wait until every thread is stopped; if STOP, make them stop. */
int wait_stopped(int guard, int stop)
{
    double end = now() + patience;

    while (now() < end) {
        if (stop)
            signal_all(guard, SIGSTOP); /* also those that have just begun */
        struct view v = look(guard);
        if (v.threads > 0 && v.stopped == v.threads)
            return 0;
        pause_for(0.001);
    }
    fprintf(stderr, "  the program could not be stopped (SIGSTOP)\n");
    return NOT_SO;
}

/*
 * Three looks in a row must find every thread asleep, and no time used; if
 * SENDING, one in a call that sends, which is offered OFFERED bytes at least.
 * Three that find no thread: it has ended.
 */
int wait_asleep(int guard, int sending, unsigned long offered)
{
    double end = now() + patience;
    struct view before = {0};
    const char *why =
        "did not come to rest: it is busy, though nothing happens";
    int again = 0, gone = 0;

    while (now() < end && gone < 3) {
        struct view v = look(guard);
        gone = v.threads == 0 ? gone + 1 : 0;
        if (v.threads > 0 && v.asleep == v.threads &&
            v.threads == before.threads && v.ticks == before.ticks)
            again++;
        else
            again = 0;
        int rests = again >= 2;
        if (rests && sending && v.sending + v.unseen == 0) {
            why = "sleeps, but not in a call that sends: it takes all for sent";
        } else if (rests && offered && v.offered && v.offered < offered) {
            fprintf(stderr,
                    "  the call that it sleeps in is offered %lu bytes"
                    "; expected: %lu\n",
                    v.offered, offered);
            return NOT_SO;
        } else if (rests) {
            return 0;
        }
        before = v;
        pause_for(0.001);
    }
    if (!silent)
        fprintf(stderr, "  the program %s\n", gone < 3 ? why : "has ended");
    return NOT_SO;
}

/* What was seen of a program while it was watched. */
struct span {
    int looks, busy; /* busy: at how many of them it was running */
    unsigned long ticks; /* the processor time that it used */
    double seconds, naps; /* how often it woke up */
    double late; /* seconds that a nap of ours took too long */
    int traced;
};

/*
 * Look at the program LOOKS times, with ten short naps of ours before each.
 *
 * A loop that spins is running at most looks, however little it gets to run; one
 * that sleeps for a millisecond at a time wakes up about as often as we do, which
 * is hundreds of times a second, and fewer on a busy machine.
 * Whoever prints without a pause sleeps now and then until guard has read it: that
 * is not rest.
 */
static struct span watch(int guard, int looks)
{
    enum { NAPS = 10 };
    const double nap = 0.001;
    double start = now(), slept = 0;
    struct view before = look(guard), v = before;
    struct span span = {.looks = looks, .traced = before.traced > 0};

    for (int i = 0; i < looks; i++) {
        double lay_down = now();
        for (int k = 0; k < NAPS; k++)
            pause_for(nap);
        slept += now() - lay_down;
        v = look(guard);
        span.busy += v.running + v.writing > 0;
    }
    span.seconds = now() - start;
    span.ticks = v.ticks - before.ticks;
    span.naps = (double)(long)(v.naps - before.naps);
    span.late = slept / (NAPS * looks) - nap;
    return span;
}

/*
 * Return whether the program was idle in SPAN, where it may have woken up NAPS times
 * and must have left the processor alone.  Under ptrace(2) each system call is
 * four naps: two of the program, when it begins and when it returns, and two of
 * the tracer.
 */
static int is_idle(const struct span *span, double naps)
{
    /* To look at hundreds of processes takes time; some of it may be used. */
    double most = 2 + 0.3 * span->seconds * (double)sysconf(_SC_CLK_TCK);

    return span->busy <= span->looks / 2 && (double)span->ticks <= most &&
           span->naps <= (span->traced ? 8 * naps : naps);
}

/*
 * Wait until the program is idle, which means that it hardly wakes up for some
 * moments.  One that has much to do, hundreds of clients for instance, may take a
 * while; one that spins never is.  A program that wakes up now and then is idle, too,
 * if it sleeps for 4 ms at a time, on average.
 */
int watch_idle(int guard)
{
    const double few = 2, between = 0.004;
    struct span span;

    patience = patience < 2 ? patience : 2;
    silent = 1;
    wait_asleep(guard, 0, 0); /* or not: then the looks will show it */
    double end = now() + patience / 2;
    closely = 1;
    do {
        span = watch(guard, 4);
        if (is_idle(&span, few))
            return 0;
    } while (now() < end);
    span = watch(guard, 40);
    if (is_idle(&span, span.seconds / (between + span.late)))
        return 0;
    fprintf(stderr,
            "  expected: no processor time is used while nothing happens\n"
            "  but:      it was running at %d of %d looks, and used %lu ms;\n"
            "            it woke up %.0f times a second\n",
            span.busy, span.looks,
            span.ticks * 1000 / (unsigned long)sysconf(_SC_CLK_TCK),
            span.naps / span.seconds);
    return NOT_SO;
}
