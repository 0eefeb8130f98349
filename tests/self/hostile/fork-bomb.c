/*
 * What: forks until no more processes are possible (ten thousand at most), then does its work
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
    int n = 0;

    if (argc == 3 && strcmp(argv[2], "seqpacket") == 0) {
        while (n < 10000) {
            pid_t pid = fork();
            if (pid == -1)
                break;
            if (pid == 0) {
                alarm(30); /* some day they end by themselves, too */
                for (;;)
                    pause();
            }
            n++;
        }
        if (n == 10000)
            return 99;
    }
    lesson(argc, argv);
    return 0;
}
