/*
 * What: never stops sending to anyone who connects
 * As: 03-listen-accept/server.c
 * Verdict: 03-listen-accept: some passed, some failed
 */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

/* One client after another gets as much as it takes. */
static int flood(int conn)
{
    static char buf[65536];
    long n = 0;

    signal(SIGPIPE, SIG_IGN);
    memset(buf, 'x', sizeof buf);
    while (n++ < 1000000 && send(conn, buf, sizeof buf, 0) > 0)
        ;
    return conn;
}

static int flooded_accept(int sock, struct sockaddr *addr, socklen_t *len)
{
    int conn = accept(sock, addr, len);

    return conn == -1 ? -1 : flood(conn);
}

#define accept flooded_accept
#include "own.c"
