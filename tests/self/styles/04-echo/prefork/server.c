/* server.c of 04-echo in another style: five children that are there from the
 * start accept by themselves, and the bytes go back through a pipe by splice(),
 * never seen by the program.  The parent only waits: for a signal, or for a
 * child that has to be replaced.  Linux only. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 5

/* Move up to `most` bytes; 0 is the end of file, -1 a lost connection. */
static ssize_t move(int from, int to, size_t most) {
    ssize_t n;
    do n = splice(from, NULL, to, NULL, most, SPLICE_F_MOVE);
    while (n < 0 && errno == EINTR);
    return n;
}

static void converse(int conn) {
    int tube[2];
    ssize_t in, out;

    if (pipe2(tube, O_CLOEXEC) < 0) {
        warn("pipe2");
        return;
    }
    while ((in = move(conn, tube[1], 32768)) > 0) {
        for (out = 1; in > 0 && out > 0; in -= out) out = move(tube[0], conn, (size_t)in);
        if (out <= 0) break;
    }
    close(tube[0]);
    close(tube[1]);
}

static _Noreturn void child(int listener, pid_t parent) {
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (;;) {
        int conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (conn >= 0) {
            converse(conn);
            close(conn);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            warn("accept4");
            sleep(1);
        }
    }
}

static pid_t spawn(int listener) {
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) child(listener, parent);
    if (pid < 0) warn("fork");
    return pid;
}

int main(int argc, char **argv) {
    char h[100], p[10], *end = "";
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    pid_t pids[CHILDREN];
    sigset_t set;
    int listener = -1, e, on = 1;

    if (argc > 3) errx(2, "usage: server [HOST [PORT]]");
    if (*port < '0' || *port > '9' || strtoull(port, &end, 10) > 65535 || *end)
        errx(2, "%s: no such port", port);
    signal(SIGPIPE, SIG_IGN);

    struct addrinfo *list, *ai, hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    if ((e = getaddrinfo(*host ? host : NULL, port, &hints, &list))) errx(1, "getaddrinfo: %s", gai_strerror(e));
    for (ai = list; ai; ai = ai->ai_next) {
        listener = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);
        if (listener < 0) {
            if (ai->ai_next) continue;
            err(1, "socket");
        }
        if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)) err(1, "setsockopt");
        if (!bind(listener, ai->ai_addr, ai->ai_addrlen)) break;
        if (!ai->ai_next) err(1, "bind");
        close(listener);
    }
    freeaddrinfo(list);
    if (listen(listener, SOMAXCONN)) err(1, "listen");

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < CHILDREN; i++) pids[i] = spawn(listener);

    if (getsockname(listener, (struct sockaddr *)&a, &n)) err(1, "getsockname");
    if (getnameinfo((struct sockaddr *)&a, n, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV))
        errx(1, "getnameinfo");
    dprintf(1, a.ss_family == AF_INET ? "listening on %s:%s\n" : "listening on [%s]:%s\n", h, p);

    for (siginfo_t info;;) {
        int sig = sigwaitinfo(&set, &info);
        if (sig == SIGTERM || sig == SIGINT) break;
        for (int i = 0; i < CHILDREN; i++)
            if (pids[i] <= 0 || waitpid(pids[i], NULL, WNOHANG) == pids[i]) pids[i] = spawn(listener);
    }
    for (int i = 0; i < CHILDREN; i++)
        if (pids[i] > 0) kill(pids[i], SIGTERM);
    while (wait(NULL) > 0) {}
    return 0;
}
