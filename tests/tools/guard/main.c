/*
 * main.c - guard runs a program that is not trusted, and outlives it.
 *
 *     guard [-t SECONDS] [-o BYTES] [-n FILES] [-r REPORT] [-l FILE] [-p] [-s]
 *           PROGRAM [ARG]...
 *
 *     -t  how long it may run by the wall clock (default 30)
 *     -o  how many bytes it may print on stdout and stderr together (default 1 MiB)
 *     -n  how many descriptors it may hold (RLIMIT_NOFILE)
 *     -s  its stdout is a small pipe, which holds one page (Linux)
 *     -p  it may keep our privileges: we trust it after all
 *     -l  a file that gets a copy of what it prints on stdout, as it arrives, up
 *         to 64 KiB: also what the reader of stdout has not read yet
 *     -r  a file that tells what happened, a line each as it happens:
 *             4711 4712         process ids of guard and of the program, which is
 *                               also the program's process group and session
 *             exit 0            how it ended: or "signal 11 Segmentation fault",
 *                               "timeout 30", "output 1048576", "ended" (guard
 *                               was told to end), "error ..." (guard's own)
 *             left 0            processes that it left running for over 1 s
 *
 * The program gets stdin, two pipes as stdout and stderr, no other descriptor,
 * default signals, a session of its own, no core file and no other above 100 MB,
 * the environment that anybody has, and on Linux no privileges of root.  When it
 * ends, whatever it left running is killed, too.
 *
 * If JAIL in the environment names a root directory (see cell.c), the program
 * is locked up there: it sees no file but those, no process but its own, and
 * uses a gigabyte of memory and 4000 processes at most ("memory 1073741824").
 * Its working directory is an empty one; if GUARD_SHARES is set it is ours, but
 * for the files named there, which it sees empty and cannot change.
 *
 * If GUARD_USER is set (and JAIL is not), root runs the program as that user.
 *
 * All suites run each program of a lesson by it, and the compiler; tests/grade
 * and the self tests run whole suites by it.  tests/self/tools.bats tests it.
 *
 * Exit status: the program's; 128 + N after signal N; 123 too much output;
 * 124 too slow; 125 guard failed; 127 the program cannot be run.  The program can
 * end with 123 to 127, too: only the report shows the difference.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

struct options options = {
    .seconds = 30, .output = 1 << 20, .report = -1, .copy = -1};
pid_t program;
const char *jail;
volatile sig_atomic_t told_to_end;
int wake[2];

/* Return the seconds of a clock that nobody sets. */
double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Handle a signal: wake up poll(), and remember if guard is to end. */
static void on_signal(int signo)
{
    int error = errno;

    if (signo != SIGCHLD)
        told_to_end = 1;
    if (write(wake[1], "", 1) == -1) {
        /* it is full: poll() will see it anyway */
    }
    errno = error;
}

/* Return the number in TEXT; end with status 125 if it is not above 0. */
static double number(const char *text)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || *end != '\0' || n <= 0) {
        fprintf(stderr, "guard: %s: not a number above 0\n", text);
        exit(GUARD_FAILED);
    }
    return n;
}

/*
 * Return a descriptor of the file NAME, which is emptied and then appended to.
 * The program does not inherit it, and cannot have put a link to another file
 * there.  Ends with status 125 if that fails.
 */
static int open_new(const char *name)
{
    int fd = open(
        name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
        0600);

    if (fd == -1)
        fail(name, GUARD_FAILED);
    return fd;
}

/* Set `options` from the command line; end with status 125 if it is wrong. */
static void read_options(int argc, char *argv[])
{
    int c;

    while ((c = getopt(argc, argv, "+t:o:n:r:l:ps")) != -1) {
        if (c == 't')
            options.seconds = number(optarg);
        else if (c == 'o')
            options.output = (size_t)number(optarg);
        else if (c == 'n')
            options.files = (rlim_t)number(optarg);
        else if (c == 'p')
            options.trusted = true;
        else if (c == 's')
            options.small_pipe = true;
        else if (c == 'r')
            options.report = open_new(optarg);
        else if (c == 'l')
            options.copy = open_new(optarg);
        else
            exit(GUARD_FAILED);
    }
    if (optind == argc) {
        fprintf(stderr, "usage: guard [-t SECONDS] [-o BYTES] [-n FILES] "
                        "[-r REPORT] [-l FILE] [-p] [-s] PROGRAM "
                        "[ARG]...\n");
        exit(GUARD_FAILED);
    }
}

/* Let signals wake up poll(); the ones that end a program end guard in order. */
static void catch_signals(void)
{
    const int caught[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t none;

    if (pipe(wake) == -1)
        fail("pipe", GUARD_FAILED);
    for (int i = 0; i < 2; i++) {
        fcntl(wake[i], F_SETFL, O_NONBLOCK);
        fcntl(wake[i], F_SETFD, FD_CLOEXEC);
    }
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaction(caught[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int argc, char *argv[])
{
    int out[2], err[2], ids_pipe[2];

    read_options(argc, argv);
    catch_signals();
    jail = getenv("JAIL");
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* if the test is killed */
#endif
    if (jail)
        make_jail();
    if (pipe(out) == -1 || pipe(err) == -1 || pipe(ids_pipe) == -1)
        fail("pipe", GUARD_FAILED);
#ifdef F_SETPIPE_SZ
    if (options.small_pipe && fcntl(out[1], F_SETPIPE_SZ, getpagesize()) == -1)
        fail("fcntl", GUARD_FAILED);
#endif
    program = fork();
    if (program == -1)
        fail("fork", GUARD_FAILED);
    if (program == 0)
        become(argv + optind, out[1], err[1], ids_pipe[0]);
    pid_t ids[2] = {getpid(), program};
    if (write(ids_pipe[1], ids, sizeof ids) != sizeof ids)
        fail("write", GUARD_FAILED);
    close(ids_pipe[0]);
    close(ids_pipe[1]);
    close(out[1]);
    close(err[1]);

    struct relay pipes[2] = {
        new_relay(out[0], STDOUT_FILENO, options.copy),
        new_relay(err[0], STDERR_FILENO, -1),
    };
    int verdict = watch(pipes);
    flush(pipes);
    return verdict;
}
