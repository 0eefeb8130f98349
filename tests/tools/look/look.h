/* look.h - what the files of look share; main.c says what look is. */
#ifndef LOOK_H
#define LOOK_H

#ifdef __linux__
#define _GNU_SOURCE /* prlimit() */
#endif

#include <stddef.h>

enum { NOT_SO = 1, USAGE = 2, CANNOT_LOOK = 4, MANY = 32768 };

/* What all processes together are and hold at one moment. */
struct view {
    int processes, descriptors;
    int threads, running, stopped, asleep;
    unsigned long ticks, memory, naps; /* naps: how often a thread slept */
    int traced; /* threads that a tracer follows */
    int sending, unseen; /* threads in such a call; in one that we cannot see */
    int writing; /* threads that sleep in a call that writes to stdout or stderr */
    unsigned long offered; /* the bytes that it sends, 0 if we cannot see */
};

extern double patience; /* seconds that a condition may take */
extern int closely; /* look at memory and naps too, which takes longer */
extern int listing; /* print the calls in which threads sleep */
extern int quickly; /* find the processes as ask_kernel() does */
extern int silent; /* do not say why it is not asleep */

/* main.c */
double now(void);
void pause_for(double seconds);
int read_file(const char *path, char *text, size_t size);

/* calls.c */
void look_at_call(int pid, const char *tid, struct view *view);
void print_call(int pid, const char *tid);

/* family.c */
int is_first(int pid);
int ask_parents(int ancestor, int *family);
int find_family(int ancestor, int *family);
void signal_all(int guard, int signo);
int limit(int guard, int resource, int roomy, unsigned long more);

/* view.c */
struct view look(int ancestor);

/* wait.c */
int wait_for_few(int guard, int processes, int descriptors);
int wait_stopped(int guard, int stop);
int wait_asleep(int guard, int sending, unsigned long offered);
int watch_idle(int guard);

#endif
