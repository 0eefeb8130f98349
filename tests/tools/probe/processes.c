/*
 * processes.c - steps that run other programs: the client that is judged, and
 * what has to happen during the conversation.  All suites use them.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define STILL 0.4 /* seconds without a move after which the client is stuck */

double commands_took;
static bool stuck; /* client_is_stuck() said so */
static pid_t started; /* also its process group; 0: nothing is running */

/*
 * Return the words that COMMAND is shown by: if it begins with ": WORDS;", these
 * (the shell does nothing about them); else all of it.
 */
static const char *in_words(const char *command)
{
    static char words[512];
    bool has_words = strncmp(command, ": ", 2) == 0;
    size_t len = has_words ? strcspn(command += 2, ";") : strlen(command);

    snprintf(words, sizeof words, "%.*s", (int)len, command);
    return words;
}

/* Run COMMAND (sh -c) to its end; it must succeed. */
void run_command(const char *command)
{
    fflush(stdout);
    if (system(command) != 0)
        unexpected("this failed: %s", in_words(command));
}

/* Return whether a program was started whose end has not been seen. */
bool has_started(void)
{
    return started > 0;
}

/* Return whether the started program has ended; do not reap it. */
bool has_ended(void)
{
    siginfo_t end = {.si_pid = 0};

    return waitid(P_PID, (id_t)started, &end, WEXITED | WNOHANG | WNOWAIT) ==
               -1 ||
           end.si_pid == started;
}

/*
 * Print in which calls a program sleeps meanwhile (see look.c), or that it runs: WHO,
 * which is a descendant of the process GUARD.
 */
static void print_calls_of(const char *who, long guard)
{
    char command[128], name[32], names[128] = "";
    size_t used = 0;
    bool runs = false;

    snprintf(command, sizeof command,
             "\"$TOOLS/look\" %ld calls 2>/dev/null | sort -u", guard);
    FILE *look = guard > 0 && getenv("TOOLS") ? popen(command, "r") : NULL;
    while (look && fgets(name, sizeof name, look) && used < sizeof names - 40) {
        if (*name == '-') {
            runs = true;
            continue;
        }
        used += (size_t)sprintf(names + used, "%s%.*s()", used ? ", " : "",
                                (int)strcspn(name, "\n"), name);
    }
    if (look)
        pclose(look);
    if (used)
        fprintf(stderr, "  meanwhile the %s sleeps in %s\n", who, names);
    else if (runs)
        fprintf(stderr, "  meanwhile the %s runs, and sleeps in no call\n",
                who);
}

/* Ask look for the pulse of the started program; put it into TEXT. */
static bool take_pulse(char *text, size_t size)
{
    char command[128];

    snprintf(command, sizeof command, "\"$TOOLS/look\" %ld pulse 2>/dev/null",
             (long)started);
    FILE *look = getenv("TOOLS") ? popen(command, "r") : NULL;
    if (look == NULL)
        return false;
    size_t n = fread(text, 1, size - 1, look);
    text[n] = '\0';
    return pclose(look) == 0;
}

/* Return whether TEXT, a pulse, says that all threads sleep, in no timed sleep. */
static bool sleeps_deeply(const char *text)
{
    const char *counts = strstr(text, " asleep, ");
    int asleep, threads;

    while (counts && counts > text && counts[-1] != '\n')
        counts--;
    return counts && sscanf(counts, "%d of %d", &asleep, &threads) == 2 &&
           threads > 0 && asleep == threads && strstr(text, "sleep\n") == NULL;
}

/*
 * Return whether the started client, which we have been waiting for since BEGAN,
 * will never do anything: it sleeps until we do something, and we wait for it.
 * Then the present step has failed, and need not use up its patience: the deadline
 * is now, and patience is how long we waited.
 *
 * A client that waits for datagrams may have a timeout, so it does not count.  Nor does
 * one with little room for what it sends: the kernel may be about to send again.
 */
bool client_is_stuck(double began)
{
    static char first[2048];
    static double asked, since; /* when we asked last; since when it is so */
    char pulse[sizeof first] = "";
    double time = now();

    if (started <= 0 || datagrams || receive_buffer || segment ||
        time - began < 0.1)
        return false;
    if (asked < began)
        since = 0;
    else if (time - asked < 0.1)
        return false;
    asked = time;
    if (!take_pulse(pulse, sizeof pulse) || !sleeps_deeply(pulse)) {
        since = 0;
    } else if (since < began || strcmp(pulse, first) != 0) {
        since = time;
        memcpy(first, pulse, sizeof first);
    } else if (time - since > STILL) {
        patience = (double)(int)(10 * (time - began)) / 10;
        deadline = time;
        stuck = true;
        return true;
    }
    return false;
}

/* Print in which calls the client that we started, and the server, sleep. */
void print_calls(void)
{
    const char *guard = getenv("guard");

    print_calls_of("client", started);
    if (stuck)
        fprintf(stderr, "  and it will never wake up\n");
    print_calls_of("server", guard ? atol(guard) : 0);
}

/*
 * End what was started.  A step may have stopped it: then it gets SIGTERM only
 * when it is continued.
 */
static void end_started(void)
{
    if (started > 0) {
        kill(-started, SIGTERM);
        kill(-started, SIGCONT);
    }
}

/* Handle a signal that ends probe: end what was started, too. */
static void on_end(int signo)
{
    end_started();
    signal(signo, SIG_DFL);
    raise(signo);
}

void do_start(const char *arg)
{
    const int ends[] = {SIGTERM, SIGINT, SIGHUP};

    fflush(stdout);
    started = fork();
    if (started == -1)
        err(PROBE_FAILED, "fork");
    if (started == 0) {
        setpgid(0, 0);
        execl("/bin/sh", "sh", "-c", arg, (char *)NULL);
        err(PROBE_FAILED, "sh");
    }
    setpgid(started, started);
    atexit(end_started);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (signal(ends[i], on_end) == SIG_IGN)
            signal(ends[i], SIG_IGN);
    note("  start    the program");
}

void do_ends(const char *arg)
{
    int status, wanted = (int)number(arg);
    pid_t pid;

    note("  expect   its end, with exit status %d", wanted);
    double began = now();
    while ((pid = waitpid(started, &status, WNOHANG)) == 0) {
        if (now() > deadline || client_is_stuck(began))
            unexpected("it had not ended after %g s", patience);
        if (refusal_is_ignored())
            unexpected("it still runs after 2 s, although its socket is "
                       "connected, so that the kernel reports the refusal");
        pause_for(0.001);
    }
    if (pid == -1)
        err(PROBE_FAILED, "waitpid");
    started = 0;
    if (WIFSIGNALED(status))
        unexpected("it was killed by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != wanted)
        unexpected("it ended with exit status %d", WEXITSTATUS(status));
}

void do_run(const char *arg)
{
    double began = now();

    note("  run      %s", in_words(arg));
    run_command(arg);
    commands_took += now() - began;
}

void do_until(const char *arg)
{
    note("  until    %s", in_words(arg));
    double began = now();
    while (system(arg) != 0) {
        if (now() > deadline || client_is_stuck(began))
            unexpected("it had not succeeded after %g s", patience);
        pause_for(0.005);
    }
}
