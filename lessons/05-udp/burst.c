/*
 * burst.c - send many datagrams to ourselves, and count how many arrive.
 *
 *     cc -o burst burst.c
 *     ./burst [COUNT [ROOM]]              (for example 200 0)
 *
 * COUNT is 1000 if left out.  ROOM is the size in bytes that we ask the kernel
 * for, of the buffer in which datagrams wait to be read.  Without it, the
 * buffer has its usual size.  See also: SO_RCVBUF in socket(7).
 */
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/*
 * Return a new UDP socket on a free port of 127.0.0.1, and store its address in
 * *ADDR.  Exits if that fails.
 */
static int udp_socket(struct sockaddr_in *addr)
{
    socklen_t len = sizeof *addr;
    int sock = socket(AF_INET, SOCK_DGRAM, 0);

    *addr = (struct sockaddr_in){.sin_family = AF_INET};
    addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (sock == -1 || bind(sock, (struct sockaddr *)addr, len) == -1 ||
        getsockname(sock, (struct sockaddr *)addr, &len) == -1)
        err(1, "no socket on 127.0.0.1");
    return sock;
}

/* Return TEXT as a number.  Exits if it is not one of at most nine digits. */
static int number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 9 || text[digits] != '\0')
        errx(2, "%s: not a number", text);
    return atoi(text);
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: burst [COUNT [ROOM]]");
    int count = argc > 1 ? number(argv[1]) : 1000;

    struct sockaddr_in addr, ours;
    int to = udp_socket(&addr), from = udp_socket(&ours);
    int room = argc > 2 ? number(argv[2]) : 0;
    socklen_t len = sizeof room;
    if (argc > 2 && setsockopt(to, SOL_SOCKET, SO_RCVBUF, &room, len) == -1)
        err(1, "setsockopt");
    if (getsockopt(to, SOL_SOCKET, SO_RCVBUF, &room, &len) == -1)
        err(1, "getsockopt");

    for (int i = 1; i <= count; i++)
        if (sendto(from, &i, sizeof i, 0, (struct sockaddr *)&addr,
                   sizeof addr) == -1)
            err(1, "sendto");
    printf("sent %d, no sendto() failed; room for %d bytes\n", count, room);

    int arrived = 0, last = 0;
    while (recv(to, &last, sizeof last, MSG_DONTWAIT) != -1)
        arrived++;
    printf("%d arrived, the last was number %d\n", arrived, last);
}
