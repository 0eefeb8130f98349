/*
 * What: is correct, but takes a while to start
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#include <unistd.h>

__attribute__((constructor)) static void dawdle(void)
{
    usleep(700000);
}

#include "own.c"
