/*
 * What: waits in a loop that keeps a processor busy
 * As: 02-bind/server.c
 * Verdict: 02-bind: some passed, some failed
 */
#include <unistd.h>

static int spin(void)
{
    for (;;)
        __asm__ volatile("");
}

#define pause spin
#include "own.c"
