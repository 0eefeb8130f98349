/*
 * main.c - probe takes part in a conversation, step by step, each step with a
 * deadline; and when the other side does not do what is expected, it reports
 * the whole conversation up to there.
 *
 *     probe [-i] [-t SECONDS] [-n TIMES] MODE OPERAND...
 *     probe help
 *
 * All suites use it, as a client (`probe tcp`), as a server (`probe listen`) and
 * to look at addresses; tests/self/probe.bats tests it.  `probe help` lists the
 * modes (modes.c) and the steps (steps.def).  probe.h says how to add a step.
 *
 * Exit status: 0 as expected; 1 not; 2 usage; 3 probe itself failed.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

/* Print what probe can do. */
static void print_help(void)
{
    puts("usage: probe [-ai] [-t SECONDS] [-n TIMES] MODE OPERAND...\n"
         "\n"
         "    -a  print in the end what was done, also if all went well\n"
         "    -i  these clients must not have to wait for a second, as they do "
         "when\n"
         "        the server sleeps (with -n 5 or more)\n"
         "    -t  how long a step may wait (default 5)\n"
         "    -n  how often a client connects and takes the steps\n"
         "\n"
         "ADDRESS is 127.0.0.1:80 or [::1]:80, or in the unix domain "
         "unix:PATH,\n"
         "dgram:PATH or seqpacket:PATH.  HOST and PORT (or the path as HOST) "
         "are\n"
         "in the environment of what a server's steps start.  SEED in the\n"
         "environment chooses the stream; a failure prints it.\n"
         "\nModes");
    print_modes();
    printf("\nSTEP is one of these; each has %g s.\n", patience);
    print_steps();
}

int main(int argc, char *argv[])
{
    const char *chosen = getenv("SEED");
    bool tells = false;
    int c;

    while ((c = getopt(argc, argv, "+ait:n:h")) != -1) {
        if (c == 'a')
            tells = true;
        else if (c == 'i')
            impatient = true;
        else if (c == 't')
            patience = strtod(optarg, NULL);
        else if (c == 'n')
            times = number(optarg);
        else if (c == 'h')
            return print_help(), 0;
        else
            return USAGE;
    }
    argv += optind;
    if (argv[0] && strcmp(argv[0], "help") == 0)
        return print_help(), 0;
    if (argv[0] == NULL || patience <= 0)
        errx(USAGE, "usage: probe [-ai] [-t SECONDS] [-n TIMES] MODE "
                    "OPERAND... (`probe help` says more)");
    seed = chosen ? (uint64_t)strtoull(chosen, NULL, 10) : (uint64_t)getpid();
    signal(SIGPIPE, SIG_IGN);
    if (!run_mode(argv[0], argv + 1))
        errx(USAGE, "%s: not a mode, or it lacks an operand (try `probe help`)",
             argv[0]);
    if (tells)
        print_account();
    return 0;
}
