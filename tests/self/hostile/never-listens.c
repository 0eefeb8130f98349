/*
 * What: starts, and does nothing
 * As: 02-bind/server.c
 * Verdict: 02-bind: 7 passed, 18 timed out
 */
#include <unistd.h>

int main(void)
{
    for (;;)
        pause();
}
