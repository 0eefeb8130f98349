/*
 * What: moves to a processor that its neighbor uses; does its work if it could not
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define _GNU_SOURCE /* sched_setaffinity() */
#define main lesson
#include "own.c"
#undef main
#include <sched.h>

int main(int argc, char *argv[])
{
    cpu_set_t processors;

    CPU_ZERO(&processors);
    for (int i = 0; i < CPU_SETSIZE; i++)
        CPU_SET(i, &processors);
    if (sched_setaffinity(0, sizeof processors, &processors) == 0)
        errx(1, "here is a processor");
    return lesson(argc, argv);
}
