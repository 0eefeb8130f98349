/*
 * What: never stops printing
 * As: 01-socket/server.c
 * Verdict: 01-socket: all output limit
 */
#include <stdio.h>

int main(void)
{
    for (long i = 0; i < 100000000; i++) /* some day it ends by itself, too */
        puts("socket 3: AF_INET, SOCK_STREAM, IPPROTO_TCP");
    return 0;
}
