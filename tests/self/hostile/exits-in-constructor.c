/*
 * What: exits with status 0 before main() begins
 * As: 01-socket/server.c
 * Verdict: 01-socket: all failed
 */
#include <unistd.h>

__attribute__((constructor)) static void leave(void)
{
    _exit(0);
}

int main(void)
{
    return 1;
}
