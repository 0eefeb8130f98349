/*
 * What: attaches to other processes and reads their memory; does its work if it could not
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define main lesson
#include "own.c"
#undef main
#include <fcntl.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    char path[64];

    for (int pid = 1; pid < 1000; pid++) {
        if (pid == getpid())
            continue;
        if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0)
            return 99;
        snprintf(path, sizeof path, "/proc/%d/mem", pid);
        if (open(path, O_RDWR) != -1)
            return 98;
        snprintf(path, sizeof path, "/proc/%d/environ", pid);
        if (open(path, O_RDONLY) != -1)
            return 97;
    }
    lesson(argc, argv);
    return 0;
}
