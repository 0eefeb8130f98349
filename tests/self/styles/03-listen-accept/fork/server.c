/* server.c of 03-listen-accept in another style: the parent accepts, a child
 * speaks and hangs up, the parent waits for its end before it takes the next
 * client.  The listener is stdin (as inetd would have it). */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t child;

/* The end of the parent is the child's. */
static void end(int sig) {
    if (child > 0) kill(child, SIGKILL);
    signal(sig, SIG_DFL);
    raise(sig);
}

static void die(const char *call) {
    fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
    exit(EXIT_FAILURE);
}

static void usage(void) {
    fputs("usage: server [HOST [PORT [BACKLOG]]]\n", stderr);
    exit(2);
}

static unsigned long number(const char *s, unsigned long most) {
    unsigned long n;
    if (!*s || s[strspn(s, "0123456789")]) usage();
    errno = 0;
    n = strtoul(s, NULL, 10);
    if (errno || n > most) usage();
    return n;
}

static void tell(const char *what, struct sockaddr_storage *a, socklen_t n) {
    char h[NI_MAXHOST], p[NI_MAXSERV];
    if (getnameinfo((struct sockaddr *)a, n, h, sizeof h, p, sizeof p,
                    NI_NUMERICHOST | NI_NUMERICSERV)) return;
    const char *open = a->ss_family == AF_INET6 ? "[" : "", *shut = *open ? "]" : "";
    printf("%s %s%s%s:%s\n", what, open, h, shut, p);
}

int main(int argc, char **argv) {
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    struct addrinfo h, *r;
    siginfo_t info;
    sigset_t ends;
    int s, c, on = 1, backlog = SOMAXCONN;
    char *host = "127.0.0.1", *port = "65432";

    if (argc > 4) usage();
    if (argc > 3 && (backlog = (int)number(argv[3], 2147483647)) < 1) usage();
    if (argc > 2) number(port = argv[2], 65535);
    if (argc > 1) host = argv[1];
    setlinebuf(stdout);

    memset(&h, 0, sizeof h);
    h.ai_flags = AI_PASSIVE, h.ai_socktype = SOCK_STREAM;
    if ((c = getaddrinfo(host[0] ? host : NULL, port, &h, &r))) {
        fprintf(stderr, "server: %s: %s\n", host, gai_strerror(c));
        exit(EXIT_FAILURE);
    }
    if ((s = socket(r->ai_family, r->ai_socktype, r->ai_protocol)) < 0) die("socket");
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) die("setsockopt");
    if (bind(s, r->ai_addr, r->ai_addrlen) < 0) die("bind");
    if (listen(s, backlog) < 0) die("listen");
    freeaddrinfo(r);
    if (s != 0 && dup2(s, 0) < 0) die("dup2");
    if (s != 0) close(s);

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    signal(SIGINT, end);
    signal(SIGTERM, end);

    if (getsockname(0, (struct sockaddr *)&a, &n) < 0) die("getsockname");
    tell("listening on", &a, n);

    for (;;) {
        n = sizeof a;
        if ((c = accept(0, (struct sockaddr *)&a, &n)) < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            perror("server: accept");
            sleep(1);
            continue;
        }
        sigprocmask(SIG_BLOCK, &ends, NULL); /* until `child` is known */
        child = fork();
        if (child == 0) {
            signal(SIGINT, SIG_DFL);
            signal(SIGTERM, SIG_DFL);
            sigprocmask(SIG_UNBLOCK, &ends, NULL);
            tell("accepted", &a, n);
            fflush(stdout);
            shutdown(c, SHUT_RDWR);
            _exit(0);
        }
        sigprocmask(SIG_UNBLOCK, &ends, NULL);
        close(c);
        if (child < 0) {
            perror("server: fork");
            sleep(1);
            continue;
        }
        while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {}
        sigprocmask(SIG_BLOCK, &ends, NULL); /* once waited for, its number is free */
        waitpid(child, NULL, 0);
        child = 0;
        sigprocmask(SIG_UNBLOCK, &ends, NULL);
    }
}
