/*
 * udp.c - steps for datagrams, and the server's part in such a conversation.
 * The suite of 05 uses them.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "probe.h"

static struct sockaddr_storage sender; /* of the last datagram to `listener` */
static socklen_t sender_len; /* 0: there was none */
static double arrived, arrived_before; /* the last two, by the kernel's clock */
static bool refusing; /* we are there so that datagrams are refused */

/*
 * Receive a datagram that is there into the SIZE bytes of BUF; remember when it
 * arrived and from whom.  Returns what recvmsg() returns.
 */
static ssize_t receive(char *buf, size_t size)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(struct timeval)) + 64];
    } control;
    struct sockaddr_storage from = {0};
    struct iovec room = {.iov_base = buf, .iov_len = size};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &room,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(conn(), &message, 0);
    struct cmsghdr *more = n == -1 ? NULL : CMSG_FIRSTHDR(&message);

    if (n != -1 && conn() == listener) {
        sender = from;
        sender_len = message.msg_namelen;
    }
    for (; more; more = CMSG_NXTHDR(&message, more)) {
        struct timeval t;
        if (more->cmsg_level != SOL_SOCKET || more->cmsg_type != SCM_TIMESTAMP)
            continue;
        memcpy(&t, CMSG_DATA(more), sizeof t);
        arrived_before = arrived;
        arrived = (double)t.tv_sec + (double)t.tv_usec / 1e6;
    }
    return n;
}

/* Send LEN BYTES as a datagram to the peer; as a server, to the last sender. */
void send_datagram(const char *bytes, size_t len)
{
    ssize_t n;

    if (conn() != listener)
        n = send(conn(), bytes, len, 0);
    else if (sender_len == 0)
        errx(USAGE, "no client has sent anything yet: expect it first");
    else
        n = sendto(conn(), bytes, len, 0, (struct sockaddr *)&sender,
                   sender_len);
    if (n == -1)
        unexpected("send: %s", strerror(errno));
}

/*
 * Return whether the server that we talk to has ended: its stdout, which is the
 * descriptor $SERVER_STDOUT, has come to its end.
 */
static bool server_has_ended(void)
{
    const char *number = getenv("SERVER_STDOUT");
    struct pollfd fd = {.fd = number ? atoi(number) : -1};

    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLHUP);
}

/* Wait for a datagram, but not for one of a program that has ended. */
static void await_datagram(void)
{
    double end = deadline;
    bool over;

    do {
        over = conn() == listener ? has_started() && has_ended()
                                  : server_has_ended();
        deadline = now() + 0.02;
        if (ready(conn(), POLLIN))
            return;
    } while (!over && now() < end);
    if (over)
        unexpected("no datagram arrived, and the program has ended");
    unexpected("no datagram arrived for %g s", patience);
}

/* As exchange(), but one datagram each way; none if OUT or IN is NULL. */
void exchange_datagrams(const char *out, size_t out_len, const char *in,
                        size_t in_len)
{
    static char buf[65536];

    if (out)
        send_datagram(out, out_len);
    if (in == NULL)
        return;
    await_datagram();
    ssize_t n = receive(buf, sizeof buf);
    if (n == -1)
        unexpected("recv: %s", strerror(errno));
    size_t at = 0, len = (size_t)n;
    while (at < len && at < in_len && buf[at] == in[at])
        at++;
    if (at < len && at < in_len)
        unexpected("%s arrived at byte %zu\n  instead of %s",
                   show(buf + at, len - at), at, show(in + at, in_len - at));
    if (len != in_len)
        unexpected("%s arrived\n  instead of %s", show(buf, len),
                   show(in, in_len));
}

/* Send each datagram back, until the started program has ended. */
void echo_datagrams(void)
{
    static char buf[65536];
    struct pollfd fd = {.fd = conn(), .events = POLLIN};

    for (bool ended = false; !ended;) {
        ended = has_ended(); /* and look for datagrams a last time */
        if (now() > deadline)
            unexpected("for %g s no datagram arrived, and the program did not "
                       "end",
                       patience);
        while (poll(&fd, 1, ended ? 0 : 5) == 1) {
            ssize_t n = receive(buf, sizeof buf);
            if (n == -1)
                unexpected("recv: %s", strerror(errno));
            send_datagram(buf, (size_t)n);
            renew_deadline();
        }
    }
}

/*
 * Be a server of datagrams, with `listener` bound; or, to REFUSE, hold the port
 * connected to itself, so that the kernel refuses all datagrams of others.
 */
void serve_datagrams(bool refuse)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    int on = 1;

    refusing = refuse;
    if (!refuse) {
        setsockopt(listener, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on);
        use_new(listener);
    } else if (getsockname(listener, (struct sockaddr *)&addr, &len) == -1 ||
               connect(listener, (struct sockaddr *)&addr, len) == -1) {
        err(PROBE_FAILED, "connect");
    }
}

/*
 * Return whether the program goes on 2 s after we began to wait for its end,
 * although the kernel has reported to it that its datagrams are refused: its
 * socket is connected to the port that we hold (Linux).
 */
bool refusal_is_ignored(void)
{
    const char *port = getenv("PORT");
    unsigned ours = port ? (unsigned)number(port) : 0, local, remote;
    bool connected = false;
    char line[512];

    if (!refusing || now() <= deadline - patience + 2)
        return false;
    FILE *sockets = fopen("/proc/net/udp", "r");
    while (sockets && fgets(line, sizeof line, sockets))
        if (sscanf(line, "%*u: %*x:%x %*x:%x", &local, &remote) == 2 &&
            remote == ours && local != ours)
            connected = true;
    if (sockets)
        fclose(sockets);
    return connected;
}

void do_stranger(const char *arg)
{
    int sock = new_socket();

    (void)arg;
    if (connect(sock, (struct sockaddr *)&sender, sender_len) == -1)
        err(PROBE_FAILED, "connect");
    use_new(sock);
    note("  stranger at another port (connection %d)", connection_number());
}

void do_nag(const char *arg)
{
    struct pollfd fd = {.fd = conn(), .events = POLLIN};
    size_t len;
    char *bytes = unescape(arg, &len);

    note("  nag      with %s, until a datagram arrives", show(bytes, len));
    do {
        if (now() > deadline)
            unexpected("no datagram arrived for %g s", patience);
        send_datagram(bytes, len);
    } while (poll(&fd, 1, 100) == 0);
    free(bytes);
}

/* Send without a pause, and meanwhile SIGNO to process PID, until refused. */
static void flood(const char *pid, int signo)
{
    ssize_t n = 0;

    note("  flood    and send SIG%s to process %s, until datagrams are refused",
         signo == SIGINT ? "INT" : "TERM", pid);
    for (int i = 0; n != -1 && now() < deadline; i++) {
        n = send(conn(), "flood", 5, 0);
        if (n == -1 && errno == EAGAIN)
            n = 0;
        if (i == 300 && kill((pid_t)number(pid), signo) == -1)
            unexpected("kill: %s", strerror(errno));
    }
    if (n != -1)
        unexpected("the server was still there after %g s", patience);
    if (errno != ECONNREFUSED)
        unexpected("send: %s", strerror(errno));
}

void do_flood(const char *arg)
{
    flood(arg, SIGTERM);
}

void do_flood_int(const char *arg)
{
    flood(arg, SIGINT);
}

/* Return how many seconds after the datagram before it the last one was sent. */
static double gap(void)
{
    if (arrived_before == 0)
        errx(USAGE, "two datagrams are needed, with their times");
    return arrived - arrived_before;
}

void do_later(const char *arg)
{
    note("  expect   that this was %s s after the one before, or later", arg);
    if (gap() < strtod(arg, NULL))
        unexpected("it was sent %.3f s after it", gap());
}

void do_sooner(const char *arg)
{
    note("  expect   that this was %s s after the one before, or sooner", arg);
    if (gap() > strtod(arg, NULL))
        unexpected("it was sent %.3f s after it", gap());
}

void do_expect_nothing(const char *arg)
{
    static char buf[65536];
    ssize_t n = recv(conn(), buf, sizeof buf, 0);

    (void)arg;
    note("  expect   that no datagram is there");
    if (n != -1)
        unexpected("%s is there", show(buf, (size_t)n));
    if (errno != EAGAIN)
        unexpected("recv: %s", strerror(errno));
}

void do_expect_refused(const char *arg)
{
    static char buf[65536];

    (void)arg;
    note("  expect   to be refused");
    if (!ready(conn(), POLLIN))
        unexpected("nothing arrived for %g s", patience);
    ssize_t n = recv(conn(), buf, sizeof buf, 0);
    if (n != -1)
        unexpected("%s arrived", show(buf, (size_t)n));
    if (errno != ECONNREFUSED)
        unexpected("recv: %s", strerror(errno));
}

/* The datagram's header is ours to write: ports, length, no checksum. */
void do_portless(const char *arg)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    size_t len;
    char *bytes = unescape(arg, &len), datagram[1024];
    int sock = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

    if (sock == -1)
        err(PROBE_FAILED, "socket");
    if (peer->ai_family != AF_INET || len > sizeof datagram - 8)
        errx(USAGE, "portless: over IPv4, and at most 1016 bytes");
    memcpy(&to, peer->ai_addr, sizeof to);
    uint16_t head[4] = {0, to.sin_port, htons((uint16_t)(len + 8)), 0};
    memcpy(datagram, head, 8);
    memcpy(datagram + 8, bytes, len);
    to.sin_port = 0;
    note("  portless %s", show(bytes, len));
    if (connect(sock, (struct sockaddr *)&to, sizeof to) == -1 ||
        send(sock, datagram, len + 8, 0) == -1)
        unexpected("send: %s", strerror(errno));
    close(sock);
    free(bytes);
}
