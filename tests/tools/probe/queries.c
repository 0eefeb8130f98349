/*
 * queries.c - the modes that find something out without a conversation: whether
 * an address is in use, how long a queue is, what the resolver answers.  The
 * suites of 01 to 03 and 06 use them, and helpers that look for a free port.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "probe.h"

/* refused ADDRESS: expect that a connection is refused. */
void run_refused(char *args[])
{
    peer = parse_address(args[0]);
    int sock = new_socket(), error = 0;
    socklen_t len = sizeof error;

    renew_deadline();
    if (connect(sock, peer->ai_addr, peer->ai_addrlen) == -1) {
        error = errno;
        if (error == EINPROGRESS && ready(sock, POLLOUT))
            getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &len);
    }
    note("  connect  to %s", peer_address());
    note("  expect   to be refused");
    if (error != ECONNREFUSED)
        unexpected("%s", error ? strerror(error) : "we were connected");
}

/* Expect that ADDRESS is in use, or free; a bind() without options tells us. */
static void expect_taken(const char *address, bool wanted)
{
    peer = parse_address(address);
    note("  bind     to %s", peer_address());
    note("  expect   that it is %s", wanted ? "taken" : "free");
    int result = bind(new_socket(), peer->ai_addr, peer->ai_addrlen);
    if (result == -1 && errno != EADDRINUSE)
        unexpected("bind: %s", strerror(errno));
    if (wanted != (result == -1))
        unexpected("it is %s", wanted ? "free" : "taken");
}

/* taken ADDRESS */
void run_taken(char *args[])
{
    expect_taken(args[0], true);
}

/* free ADDRESS */
void run_free(char *args[])
{
    expect_taken(args[0], false);
}

/* queue ADDRESS N: open N connections at the same time, and print how many are
 * established although none is accepted. */
void run_queue(char *args[])
{
    size_t most = number(args[1]), connected = 0, before = 0;
    struct pollfd *fds = calloc(most, sizeof *fds);

    if (fds == NULL)
        err(PROBE_FAILED, "calloc");
    peer = parse_address(args[0]);
    for (size_t i = 0; i < most; i++) {
        fds[i] = (struct pollfd){.fd = new_socket(), .events = POLLOUT};
        if (connect(fds[i].fd, peer->ai_addr, peer->ai_addrlen) == -1 &&
            errno != EINPROGRESS)
            unexpected("connect: %s", strerror(errno));
    }
    /* A busy machine takes its time: wait until the number stays the same. */
    for (int quiet = 0; connected < most && quiet < 8;) {
        pause_for(0.025);
        if (poll(fds, (nfds_t)most, 0) == -1)
            err(PROBE_FAILED, "poll");
        connected = 0;
        for (size_t i = 0; i < most; i++)
            connected += fds[i].revents == POLLOUT;
        quiet = connected == before ? quiet + 1 : 0;
        before = connected;
    }
    printf("%zu\n", connected);
    free(fds);
}

/* names HOST PORT: print the addresses as lesson 02's `names` does. */
void run_names(char *args[])
{
    const char *host = args[0], *port = args[1];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    int error = getaddrinfo(host, port, &hints, &list);

    if (error)
        errx(UNEXPECTED, "%s: %s", host, gai_strerror(error));
    for (; list; list = list->ai_next) {
        char text[INET6_ADDRSTRLEN];
        struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)list->ai_addr;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)list->ai_addr;
        if (list->ai_family == AF_INET)
            printf("%s:%s\n",
                   inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text), port);
        if (list->ai_family == AF_INET6)
            printf("[%s]:%s flowinfo %lu scope %lu\n",
                   inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text), port,
                   (unsigned long)ntohl(v6->sin6_flowinfo),
                   (unsigned long)v6->sin6_scope_id);
    }
}

/* stream N: print N bytes of the seeded stream. */
void run_stream(char *args[])
{
    size_t len = number(args[0]);
    char *bytes = stream(0, len);

    if (fwrite(bytes, 1, len, stdout) != len)
        err(PROBE_FAILED, "stdout");
    free(bytes);
}
