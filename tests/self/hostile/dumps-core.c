/*
 * What: crashes, and would leave a core file
 * As: 01-socket/server.c
 * Verdict: 01-socket: all crashed
 */
#include <stdlib.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

    setrlimit(RLIMIT_CORE, &all);
    abort();
}
