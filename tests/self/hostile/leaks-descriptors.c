/*
 * What: leaves a descriptor open for each client
 * As: 03-listen-accept/server.c
 * Verdict: 03-listen-accept: some passed, some failed
 */
#include <fcntl.h>
#include <sys/socket.h>

static int leaking_accept(int sock, struct sockaddr *addr, socklen_t *len)
{
    return open("/dev/null", O_RDONLY) == -1 ? -1 : accept(sock, addr, len);
}

#define accept leaking_accept
#include "own.c"
