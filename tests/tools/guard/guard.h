/*
 * guard.h - what the files of guard share.  main.c says what guard is.
 *
 * It is the first header that each file includes, because on Linux it chooses
 * what the others declare.
 */
#ifndef GUARD_H
#define GUARD_H

#ifdef __linux__
#define _GNU_SOURCE /* setns(), memfd_create() */
#endif
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Exit statuses that are guard's, and not the program's. */
enum { TOO_MUCH = 123, TOO_SLOW = 124, GUARD_FAILED = 125, CANNOT_RUN = 127 };

/* main.c: what the command line asks for */
extern struct options {
    double seconds; /* how long the program may run */
    size_t output; /* how many bytes it may print */
    rlim_t files; /* how many descriptors it may have; 0: as many as we */
    int report; /* descriptors of the report and of the copy of stdout, or -1 */
    int copy;
    bool trusted; /* it keeps our privileges */
    bool small_pipe; /* its stdout holds one page */
} options;
extern pid_t program; /* also its process group and session */
extern const char *jail; /* its root directory, or NULL */
extern volatile sig_atomic_t told_to_end; /* guard got a signal to end */
extern int wake[2]; /* a pipe that each signal writes to, so poll() returns */
double now(void);

/* report.c: what happened, for the caller of guard */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail(const char *what, int status);

/* child.c: the way from guard's child to the program */
_Noreturn void become(char *argv[], int out, int err, int ids_from);

/* jail.c: a small world for the program (Linux) */
enum { PROCESSES = 4000, MEMORY = 1 << 30 };
void make_jail(void);
void enter_jail(void);
void leave_jail(void);
long memory_in_use(void);

/* relay.c: what the program prints */
struct relay {
    int from, to; /* -1 when closed */
    int copy; /* of what arrives, or -1 */
    size_t piece; /* as much as a write to `to` takes without blocking */
    char *bytes;
    size_t start, end, room; /* bytes[start..end) have not been written yet */
    size_t copied;
};
struct relay new_relay(int from, int to, int copy);
size_t relay(struct relay pipes[2], double seconds);
void flush(struct relay pipes[2]);

/* watch.c: the program's end, by itself or by us */
int watch(struct relay pipes[2]);

#endif
