/*
 * What: ignores SIGTERM and SIGINT
 * As: 02-bind/server.c
 * Verdict: 02-bind: some passed, some timed out
 */
#include <signal.h>
#define main lesson
#include "own.c"
#undef main

int main(int argc, char *argv[])
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    lesson(argc, argv);
    return 0;
}
