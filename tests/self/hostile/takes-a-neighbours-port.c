/*
 * What: takes the ports that others need, and keeps them for as long as it is allowed to run
 * As: 02-bind/server.c
 * Verdict: 02-bind: some passed, some failed
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Before each run of the lesson's program: a copy of us holds the ports. */
__attribute__((constructor)) static void take(void)
{
    const int ports[] = {65432, 8080, 65535, 36895};

    if (fork() != 0)
        return;
    setsid();
    for (int i = 0; i < 4; i++) {
        struct sockaddr_in addr = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)ports[i])};
        int sock = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(sock, (struct sockaddr *)&addr, sizeof addr) == 0)
            listen(sock, 1);
    }
    sleep(5);
    _exit(0);
}

#include "own.c"
