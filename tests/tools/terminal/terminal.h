/*
 * terminal.h - what the files of terminal share.  main.c says what terminal is.
 *
 * It is the first header that each file includes, because on Linux it chooses
 * what the others declare.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#ifdef __linux__
#define _GNU_SOURCE /* posix_openpt() */
#endif
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ANY "\xe2\x80\xa6" /* the three bytes of "…" */

enum { DIFFERENT = 1, USAGE, FAILED, TERMINALS = 9 };
enum { PS1_MARK = 035, PS2_MARK = 036 }; /* they tell prompts from output */

/* A terminal.  out[0] to out[len - 1] is what no transcript has had yet. */
extern struct terminal {
    int master; /* 0: it is closed */
    pid_t shell;
    char out[1 << 20];
    size_t len, passing; /* `passing` bytes of a prompt have not arrived yet */
    bool prompt, more; /* it shows PS1, or PS2, and waits */
    bool any; /* "…": whatever is shown next is right */
    bool pressed; /* a key was: the end of that line is not output */
    bool skipped; /* what a next block would continue was not done */
} terminals[TERMINALS];

/* main.c: the file, and options */
extern const char *file;
extern char **lines; /* lines[1] to lines[last_line], without newlines */
extern double patience;
extern volatile sig_atomic_t told_to_end;
double now(void);

/* shell.c: a terminal's shell, and all that runs there */
void open_terminal(struct terminal *t);
void end_all(void);
bool all_asleep(void);

/* screen.c: what a terminal shows */
bool hear(double seconds);
void settle(void);
bool has_prompt(struct terminal *t);
bool has_line(struct terminal *t);
bool has_key(struct terminal *t);
bool has_program(struct terminal *t);
bool wait_until(bool (*is)(struct terminal *), struct terminal *t);
void take(struct terminal *t, size_t n);
void expect(struct terminal *t, int line, const char *text);
void expect_no_more(struct terminal *t, int line, const char *next);
_Noreturn void differs(int line, const char *expected, const char *shown);

/* play.c: a transcript is typed, and compared */
extern char absent[64]; /* a command that is not installed */
void play_if_possible(struct terminal *t, int first, int end, char **types);

#endif
