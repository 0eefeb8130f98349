/*
 * What: starts, and then does nothing
 * As: 02-bind/server.c
 * Verdict: 02-bind: some passed, some timed out
 */
#include <unistd.h>

int main(void)
{
    for (;;)
        pause();
}
