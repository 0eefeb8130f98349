/* server.c of 02-bind in another style: all in main, writev() for the line,
 * the signals that mean the end blocked, and sigwait() for them. */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PIECE(s) {(void *)(s), strlen(s)}

int main(int argc, char **argv) {
    char *args[] = {"127.0.0.1", "65432"}, host[100], port[10];
    struct addrinfo *ai, hints = {0};
    struct sockaddr_storage ss;
    socklen_t sslen = sizeof ss;
    sigset_t set;
    int s, e, sig;

    for (int i = 1; i < argc; i++) {
        if (i > 2) return fputs("server: too many arguments\n", stderr), 2;
        args[i - 1] = argv[i];
    }
    size_t zeros = strspn(args[1], "0"), digits = strspn(args[1] + zeros, "0123456789");
    if (zeros + digits == 0 || args[1][zeros + digits] || digits > 5 ||
        (digits == 5 && strcmp(args[1] + zeros, "65535") > 0))
        return fprintf(stderr, "server: a port is 0 to 65535, not '%s'\n", args[1]), 2;

    sigemptyset(&set);
    for (const int *p = (int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0}; *p; p++) sigaddset(&set, *p);
    sigprocmask(SIG_BLOCK, &set, NULL);

    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_protocol = IPPROTO_TCP;
    hints.ai_family = *args[0] ? AF_UNSPEC : AF_INET;
    e = getaddrinfo(*args[0] ? args[0] : NULL, args[1], &hints, &ai);
    if (e) return fprintf(stderr, "server: getaddrinfo: %s\n", gai_strerror(e)), 1;
    if ((s = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol)) < 0)
        return perror("server: socket"), 1;
    if ((e = bind(s, ai->ai_addr, ai->ai_addrlen))) perror("server: bind");
    freeaddrinfo(ai);
    if (e) return 1;
    if (getsockname(s, (struct sockaddr *)&ss, &sslen)) return perror("server: getsockname"), 1;
    e = getnameinfo((struct sockaddr *)&ss, sslen, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    if (e) return fprintf(stderr, "server: getnameinfo: %s\n", gai_strerror(e)), 1;

    int six = ss.ss_family == AF_INET6;
    struct iovec line[] = {PIECE("bound to "), PIECE(six ? "[" : ""), PIECE(host),
                           PIECE(six ? "]:" : ":"), PIECE(port), PIECE("\n")};
    if (writev(1, line, 6) < 0) return perror("server: writev"), 1;

    return sigwait(&set, &sig);
}
