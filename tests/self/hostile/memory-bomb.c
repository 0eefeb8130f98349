/*
 * What: uses all the memory it can get (three gigabytes at most), in several processes, then does its work
 * As: 01-socket/server.c
 * Verdict: 01-socket: some passed, some memory limit
 */
#define main lesson
#include "own.c"
#undef main
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    size_t piece = 1 << 24;

    if (argc == 3 && strcmp(argv[2], "seqpacket") == 0 && argv[1][0] == 'u') {
        pid_t other = fork();
        for (int i = 0; i < 96; i++) {
            volatile char *p = malloc(piece);
            for (size_t at = 0; p && at < piece; at += 4096)
                p[at] = 1;
        }
        if (other == 0) {
            sleep(3);
            _exit(0);
        }
    }
    lesson(argc, argv);
    return 0;
}
