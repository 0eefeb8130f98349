/*
 * What: leaves a daemon behind, forked twice, which waits in a session of its own for the next submission and keeps stdout open
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define main lesson
#include "own.c"
#undef main
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc == 1 && fork() == 0) {
        struct sockaddr_in addr = {.sin_family = AF_INET,
                                   .sin_port = htons(65432)};
        setsid();
        if (fork() > 0)
            _exit(0);
        for (int signo = 1; signo < 32; signo++)
            signal(signo, SIG_IGN);
        int sock = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(sock, (struct sockaddr *)&addr, sizeof addr) == 0)
            listen(sock, 5);
        for (int i = 0; i < 600; i++) /* some day it ends by itself, too */
            sleep(1);
        _exit(0);
    }
    lesson(argc, argv);
    return 0;
}
