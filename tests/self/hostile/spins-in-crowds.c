/*
 * What: has a hundred children that spin, each in a session of its own, to slow down whoever is judged beside it
 * As: 02-bind/server.c
 * Verdict: 02-bind: some passed, some failed
 */
#define main lesson
#include "own.c"
#undef main
#include <unistd.h>

int main(int argc, char *argv[])
{
    for (int i = 0; i < 100; i++)
        if (fork() == 0) {
            setsid();
            for (;;)
                ;
        }
    return lesson(argc, argv);
}
