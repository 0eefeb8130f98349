/* wait.c - wait for a condition, and say what is the case instead. */
#include "look.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int wait_for_few(int guard, int processes, int descriptors)
{
    struct view v;
    double end = now() + patience;

    for (;;) {
        v = look(guard);
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

/*
 * Watch the program for some moments.  Is it idle?  Sets *BUSY to the number of
 * LOOKS at which it was running, *TICKS to the processor time that it used, and
 * *A_SECOND to the number of times that it woke up in a second.
 *
 * A loop that spins is running at most looks, however little it gets to run; one
 * that sleeps for a millisecond at a time wakes up hundreds of times a second.
 * Whoever prints without a pause sleeps now and then until guard has read it: that
 * is not rest.
 * Under ptrace(2) each system call is four naps: two of the program, when it
 * begins and when it returns, and two of the tracer.
 */
static int is_idle(int guard, int looks, int *busy, unsigned long *ticks,
                   double *a_second)
{
    double start = now(), many = 250;
    struct view before = look(guard), v;

    if (before.traced)
        many *= 8;
    *busy = 0;
    *a_second = 0;
    /* A few naps may be the rest of what was before: then watch for longer. */
    for (int i = 0; i < looks || (i < 10 * looks && *a_second >= many); i++) {
        pause_for(0.01);
        v = look(guard);
        *busy += i < looks && v.running + v.writing > 0;
        *ticks = v.ticks - before.ticks;
        *a_second = (double)(long)(v.naps - before.naps) / (now() - start);
    }
    /* To look at hundreds of processes takes time; some of it may be used. */
    double most = 2 + 0.3 * (now() - start) * (double)sysconf(_SC_CLK_TCK);
    return *busy <= looks / 2 && (double)*ticks <= most && *a_second < many;
}

/*
 * Wait until it is idle.  One that has much to do, hundreds of clients for
 * instance, may take a moment; one that spins never is.
 */
int watch_idle(int guard)
{
    enum { LOOKS = 4 };
    int busy;
    unsigned long ticks;
    double a_second, end;

    patience = patience < 2 ? patience : 2;
    silent = 1;
    wait_asleep(guard, 0, 0); /* or not: then the looks will show it */
    end = now() + patience / 2;
    closely = 1;
    do
        if (is_idle(guard, LOOKS, &busy, &ticks, &a_second))
            return 0;
    while (now() < end);
    fprintf(stderr,
            "  expected: no processor time is used while nothing happens\n"
            "  but:      it was running at %d of %d looks, and used %lu ms;\n"
            "            it woke up %.0f times a second\n",
            busy, LOOKS, ticks * 1000 / (unsigned long)sysconf(_SC_CLK_TCK),
            a_second);
    return NOT_SO;
}
