/*
 * main.c - look tells what a guarded program and its descendants hold, seen in /proc.
 *
 *     look GUARD                     print processes, descriptors, memory (KiB
 *                                    that no file holds)
 *     look GUARD at-rest             wait until every thread is asleep, then print these
 *     look GUARD at-most P D         wait until it holds at most P processes
 *                                    (zombies count) and D descriptors
 *     look GUARD stopped | asleep    wait until every thread is
 *     look GUARD stop | continue     make every process stop, and wait until all
 *                                    have; let them go on
 *     look GUARD sending [N]         wait until every thread is asleep, one of
 *                                    them in a call that sends or waits for
 *                                    room, as far as this user may see; a send
 *                                    or write is offered N bytes there at least
 *     look GUARD calls               print in which calls it sleeps: "accept poll"
 *     look GUARD pulse               print the same, and counts that differ later if
 *                                    it has moved in the meantime
 *     look GUARD full | roomy        let no process open one more descriptor; let
 *                                    each open as many as it may (Linux)
 *     look GUARD hungry KIB | fed    let each have so much more memory; let each
 *                                    have as much as it may (Linux)
 *     look GUARD idle                watch for 0.04 s or more that nothing runs, nor
 *                                    wakes up again and again
 *
 * GUARD is the process id of guard: the program and its descendants are all
 * of guard's.  `look -t SECONDS` says how long to wait (5).  Exit status: 0 as
 * wanted; 1 not; 2 usage; 4 this machine has no /proc to look into.
 */
#include "look.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

double patience = 5;
int closely, listing, quickly, silent;

/* Return the seconds of a clock that nobody sets. */
double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void pause_for(double seconds)
{
    struct timespec t = {.tv_nsec = (long)(seconds * 1e9)};

    nanosleep(&t, NULL);
}

/* Read the file PATH into TEXT.  Returns 0 if it is not there any more. */
int read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return 0;
    size_t n = fread(text, 1, size - 1, file);
    text[n] = '\0';
    fclose(file);
    return n > 0;
}

/* Print what the descendants of process GUARD hold.  Returns 0. */
static int print_view(int guard)
{
    closely = 1;
    quickly = 0; /* miss none */
    struct view v = look(guard);
    printf("%d %d %lu\n", v.processes, v.descriptors, v.memory);
    return 0;
}

/*
 * Print in which calls the descendants of process GUARD sleep, and counts that tell
 * whether they move.  GUARD is one of them while it has work to do: it may be about to
 * read what they print.  Returns 0.
 */
static int print_pulse(int guard)
{
    char path[64], text[1024], *state = NULL;

    listing = closely = 1;
    struct view v = look(guard);
    snprintf(path, sizeof path, "/proc/%d/stat", guard);
    if (read_file(path, text, sizeof text))
        state = strrchr(text, ')');
    printf("%d of %d asleep, after %lu naps and %lu ticks\n", v.asleep,
           v.threads + (state && state[2] == 'R'), v.naps, v.ticks);
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc > 3 && strcmp(argv[1], "-t") == 0) {
        patience = strtod(argv[2], NULL);
        argc -= 2;
        argv += 2;
    }
    if (argc < 2 || atoi(argv[1]) <= 0)
        errx(USAGE, "usage: look [-t SECONDS] GUARD [CONDITION]");
    int guard = atoi(argv[1]);
    const char *condition = argc > 2 ? argv[2] : "";

    if (argc == 2)
        return print_view(guard);
    if (strcmp(condition, "at-most") == 0 && argc == 5)
        return wait_for_few(guard, atoi(argv[3]), atoi(argv[4]));
    quickly = access("/proc/thread-self/children", R_OK) == 0;
    if (strcmp(condition, "stopped") == 0)
        return wait_stopped(guard, 0);
    if (strcmp(condition, "stop") == 0)
        return wait_stopped(guard, 1);
    if (strcmp(condition, "continue") == 0) {
        signal_all(guard, SIGCONT);
        return 0;
    }
    if (strcmp(condition, "full") == 0 || strcmp(condition, "roomy") == 0)
        return limit(guard, RLIMIT_NOFILE, condition[0] == 'r', 0);
    if (strcmp(condition, "hungry") == 0 && argc == 4)
        return limit(guard, RLIMIT_AS, 0, 1024 * strtoul(argv[3], NULL, 10));
    if (strcmp(condition, "fed") == 0)
        return limit(guard, RLIMIT_AS, 1, 0);
    if (strcmp(condition, "at-rest") == 0)
        return wait_asleep(guard, 0, 0) == 0 ? print_view(guard) : NOT_SO;
    if (strcmp(condition, "asleep") == 0)
        return wait_asleep(guard, 0, 0);
    if (strcmp(condition, "sending") == 0)
        return wait_asleep(guard, 1, argc > 3 ? strtoul(argv[3], NULL, 10) : 0);
    if (strcmp(condition, "calls") == 0) {
        listing = 1;
        look(guard);
        return 0;
    }
    if (strcmp(condition, "pulse") == 0)
        return print_pulse(guard);
    if (strcmp(condition, "idle") == 0)
        return watch_idle(guard);
    errx(USAGE, "%s: not a condition", condition);
}
