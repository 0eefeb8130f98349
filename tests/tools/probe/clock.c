/*
 * clock.c - deadlines: each step gets `patience` seconds, and a step that makes
 * progress gets them again.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "probe.h"

double patience = 5;
double deadline;

/* Return the seconds of a clock that nobody sets. */
double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Give the present step the whole patience, from now on. */
void renew_deadline(void)
{
    deadline = now() + patience;
}

/*
 * Wait until SOCK is ready for EVENTS.  Returns false after the deadline, which is
 * now when the client that we started can't do anything any more.  (While it connects,
 * the kernel may be about to try again.)
 */
bool ready(int sock, short events)
{
    const double slice = 0.05;
    struct pollfd fd = {.fd = sock, .events = events};
    double began = now();
    int n;

    do {
        double left = deadline - now();
        if (left > slice && has_started() && sock != listener) {
            if (client_is_stuck(began))
                left = 0;
            else
                left = slice;
        }
        n = poll(&fd, 1, left > 0 ? (int)(left * 1000) + 1 : 0);
    } while ((n == -1 && errno == EINTR) || (n == 0 && now() < deadline));
    return n > 0;
}

/* Sleep for SECONDS, less than one, before the next attempt. */
void pause_for(double seconds)
{
    const struct timespec t = {.tv_nsec = (long)(seconds * 1e9)};

    nanosleep(&t, NULL);
}
