/*
 * datagrams.c - show, call by call, how datagrams differ from a stream.
 *
 *     cc -o datagrams datagrams.c
 *     ./datagrams
 *
 * Two sockets of this program talk to each other over loopback; `from` is
 * connected to `to`.  Each call is printed with what it returned, or with the
 * reason why it failed.  See also: burst.c; udp(7), recv(2).
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Print CALL and its RESULT; if it failed, print the reason (see errno). */
static void report(const char *call, ssize_t result)
{
    if (result == -1)
        printf("  %s: %s", call, strerror(errno));
    else
        printf("  %s = %zd", call, result);
}

/* Send datagrams of several sizes to socket TO, and receive them there. */
static void show_sizes(int from, int to)
{
    static char buf[65536];

    printf("two datagrams:");
    report("send", send(from, "to be", 5, 0));
    report("send", send(from, "or not to be", 12, 0));
    report("recv", recv(to, buf, sizeof buf, 0));
    report("recv", recv(to, buf, sizeof buf, 0));

    printf("\nroom for 5:");
    report("send", send(from, "or not to be", 12, 0));
    report("recv", recv(to, buf, 5, 0));
    report("recv", recv(to, buf, 5, MSG_DONTWAIT));

    printf("\nwith MSG_TRUNC:");
    report("send", send(from, "or not to be", 12, 0));
    report("recv", recv(to, buf, 5, MSG_TRUNC));

    printf("\nan empty one:");
    report("send", send(from, buf, 0, 0));
    report("recv", recv(to, buf, sizeof buf, 0));

    printf("\nthe largest:");
    report("send", send(from, buf, 65507, 0));
    report("recv", recv(to, buf, sizeof buf, 0));
    report("send", send(from, buf, 65508, 0));
}

/*
 * Send to ADDR, where nobody is, over two sockets: one that is CONNECTED to it,
 * and an OTHER one that is not.
 */
static void show_refusal(int connected, int other, struct sockaddr_in *addr)
{
    char buf[16];

    printf("\nnobody there, not connected:");
    ssize_t n =
        sendto(other, "hello", 5, 0, (struct sockaddr *)addr, sizeof *addr);
    report("sendto", n);
    report("recv", recv(other, buf, sizeof buf, MSG_DONTWAIT));

    printf("\nnobody there, connected:");
    report("send", send(connected, "hello", 5, 0));
    report("recv", recv(connected, buf, sizeof buf, MSG_DONTWAIT));
    printf("\n");
}

int main(void)
{
    struct sockaddr_in addr, ours;
    int to = udp_socket(&addr), from = udp_socket(&ours);
    int other = udp_socket(&ours);

    if (connect(from, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(1, "connect");
    show_sizes(from, to);
    close(to); /* now nobody is there */
    show_refusal(from, other, &addr);
}
