/*
 * queues.c - asks the kernel about the sockets of others: how many bytes are in
 * their buffers, and how many clients wait to be connected (Linux).  The
 * steps of fill.c use it, and the suite of 09.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

/* Return the port in an address like 127.0.0.1:80. */
unsigned port_of(const char *address)
{
    return (unsigned)number(strrchr(address, ':') + 1);
}

/*
 * Find in the kernel's table (/proc/net/tcp) the sockets whose ports are LOCAL
 * (0: any) and REMOTE and whose state is STATE.  Returns how many there are; *TX
 * and *RX are how many bytes are in the buffers of the last one.
 */
int find_sockets(unsigned local, unsigned remote, unsigned state, size_t *tx,
                 size_t *rx)
{
    const char *tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
    int found = 0;

    for (int i = 0; i < 2; i++) {
        FILE *table = fopen(tables[i], "r");
        char line[512];
        unsigned ours, theirs, is;
        unsigned long send_queue, receive_queue;
        while (table && fgets(line, sizeof line, table)) {
            if (sscanf(line, "%*u: %*x:%x %*x:%x %x %lx:%lx", &ours, &theirs,
                       &is, &send_queue, &receive_queue) != 5 ||
                (local && ours != local) || theirs != remote || is != state)
                continue;
            found++;
            *tx = send_queue;
            *rx = receive_queue;
        }
        if (table)
            fclose(table);
    }
    return found;
}

#ifdef __linux__
enum { SOCK_DIAG = 4, BY_FAMILY = 20, REQUEST = 1 };

struct header {
    uint32_t len;
    uint16_t type, flags;
    uint32_t sequence, sender;
};

struct ends {
    uint16_t ports[2]; /* of that socket, and of its peer: ours */
    uint32_t addresses[2][4], interface, cookie[2];
};

struct request {
    struct header header;
    uint8_t family, protocol, extensions, padding;
    uint32_t states;
    struct ends ends;
};

struct answer {
    struct header header;
    uint8_t family, state, timer, retransmits;
    struct ends ends;
    uint32_t expires, receive_queue, send_queue, user, inode;
    char more[256];
};

/* Put the addresses of both ends of our connection into REQUEST, the peer's
 * first.  Returns whether it is a connection of TCP, and has both. */
static bool name_ends(struct request *request)
{
    struct sockaddr_storage ours, theirs;
    socklen_t ours_len = sizeof ours, theirs_len = sizeof theirs;
    const struct sockaddr_storage *both[] = {&theirs, &ours};

    if (getsockname(conn(), (struct sockaddr *)&ours, &ours_len) == -1 ||
        getpeername(conn(), (struct sockaddr *)&theirs, &theirs_len) == -1 ||
        (ours.ss_family != AF_INET && ours.ss_family != AF_INET6))
        return false;
    request->family = (uint8_t)ours.ss_family;
    for (int i = 0; i < 2; i++) {
        const struct sockaddr_in *in = (const void *)both[i];
        const struct sockaddr_in6 *in6 = (const void *)both[i];
        request->ends.ports[i] = in->sin_port; /* or sin6_port, there as well */
        if (ours.ss_family == AF_INET)
            request->ends.addresses[i][0] = in->sin_addr.s_addr;
        else
            memcpy(request->ends.addresses[i], &in6->sin6_addr, 16);
    }
    return true;
}
#endif

/*
 * Ask the kernel for the other end of our connection (sock_diag(7)), which is
 * faster than its table where there are many.  *TX and *RX are as above; *RESENDS
 * is whether it would send bytes again, because we have not acknowledged them yet.
 * Returns false on other systems, or if that socket is gone.
 */
static bool ask_kernel(size_t *tx, size_t *rx, bool *resends)
{
#ifdef __linux__
    const unsigned retransmit = 1;
    struct answer answer;
    struct request request = {
        .header = {sizeof request, BY_FAMILY, REQUEST, 0, 0},
        .protocol = IPPROTO_TCP,
        .states = ~0u,
        .ends.cookie = {~0u, ~0u}, /* any */
    };

    if (!name_ends(&request))
        return false;
    int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, SOCK_DIAG);
    ssize_t n = kernel == -1 ? -1 : send(kernel, &request, sizeof request, 0);
    if (n != -1)
        n = recv(kernel, &answer, sizeof answer, 0);
    close(kernel);
    if (n < (ssize_t)offsetof(struct answer, user) ||
        answer.header.type != BY_FAMILY)
        return false;
    *tx = answer.send_queue;
    *rx = answer.receive_queue;
    *resends = answer.timer == retransmit;
    return true;
#else
    (void)tx, (void)rx, (void)resends;
    return false;
#endif
}

/* Ask for how many bytes are in the buffers of our peer's socket. */
bool ask_for_peer(size_t *tx, size_t *rx)
{
    bool resends;

    return ask_kernel(tx, rx, &resends);
}

/* Wait until all bytes that the peer has sent to us are acknowledged, which can
 * take 40 ms and more; or do not wait where nobody can tell. */
void wait_for_acknowledgement(void)
{
    size_t tx, rx;
    bool resends;

    while (ask_kernel(&tx, &rx, &resends) && resends && now() < deadline)
        pause_for(0.002);
}

void do_expect_connecting(const char *arg)
{
    const unsigned syn_sent = 2;
    unsigned port = port_of(local_address(listener));
    size_t tx, rx;
    int wanted = (int)number(arg), found;

    note("  expect   that %s clients wait for their connections", arg);
    while ((found = find_sockets(0, port, syn_sent, &tx, &rx)) < wanted) {
        if (now() > deadline)
            unexpected("only %d wait", found);
        pause_for(0.002);
    }
}
