/*
 * What: writes files wherever it can (one gigabyte at most), leaves them there, then does its work
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define main lesson
#include "own.c"
#undef main
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    const char *dirs[] = {".",    "/tmp",     "/var/tmp", "/dev/shm",
                          "/run", "/build",   "/course",  "/here"};
    static char buf[65536];
    char path[64];
    long written = 0;

    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; argc == 1 && i < 8 * 2000 && written < 1L << 30; i++) {
        snprintf(path, sizeof path, "%s/fill.%d", dirs[i % 8], i);
        int fd = open(path, O_WRONLY | O_CREAT, 0600);
        for (ssize_t n = 1; fd != -1 && n > 0 && written < 1L << 30;) {
            n = write(fd, buf, sizeof buf);
            written += n > 0 ? n : 0;
        }
        if (fd != -1)
            close(fd);
    }
    if (written == 1L << 30)
        return 99;
    lesson(argc, argv);
    return 0;
}
