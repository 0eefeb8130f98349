/* server.c of 04-echo in another style: one client after another through two
 * streams of stdio.  A peek tells how many bytes are there: so many fread() can
 * take without waiting, and then fflush() sends them on.  A signal handler ends
 * the program.  The queue has room for one. */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void end(int sig) {
    _exit(128 + sig);
}

static _Noreturn void fatal(const char *call) {
    perror(call);
    exit(EXIT_FAILURE);
}

static bool echo_some(int conn, FILE *in, FILE *out) {
    char buf[2000];
    ssize_t there = recv(conn, buf, sizeof buf, MSG_PEEK);

    if (there < 0 && errno == EINTR) return true;
    if (there <= 0) return false;
    size_t n = fread(buf, 1, (size_t)there, in);
    return n == (size_t)there && fwrite(buf, 1, n, out) == n && fflush(out) == 0;
}

static void serve(int conn) {
    FILE *in = fdopen(conn, "r"), *out = NULL;
    int copy = dup(conn);

    if (copy >= 0) out = fdopen(copy, "w");
    if (in && out) {
        setvbuf(in, NULL, _IONBF, 0); /* it must not take more than we ask for */
        while (echo_some(conn, in, out)) {}
    } else {
        perror("server: fdopen");
    }
    if (out) fclose(out);
    else if (copy >= 0) close(copy);
    if (in) fclose(in);
    else close(conn);
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1", *port = "65432";
    struct addrinfo hints, *ai;
    struct sockaddr_storage here;
    socklen_t len = sizeof here;
    char h[NI_MAXHOST], p[NI_MAXSERV];
    int s, on = 1, i = 0;

    if (argc > 3) return fprintf(stderr, "usage: %s [HOST [PORT]]\n", argv[0]), 2;
    if (argc > 1) host = argv[1];
    if (argc > 2) {
        long long n = -1;
        if (sscanf(port = argv[2], "%9lld%n", &n, &i) != 1 || port[i] || n < 0 || n > 65535 ||
            !strchr("0123456789", port[0]))
            return fprintf(stderr, "%s: bad port %s\n", argv[0], port), 2;
    }

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, end);
    signal(SIGTERM, end);

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    if ((i = getaddrinfo(*host ? host : NULL, port, &hints, &ai)))
        return fprintf(stderr, "server: getaddrinfo: %s\n", gai_strerror(i)), 1;
    if ((s = socket(ai->ai_family, SOCK_STREAM, 0)) < 0) fatal("server: socket");
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)) fatal("server: setsockopt");
    if (bind(s, ai->ai_addr, ai->ai_addrlen)) fatal("server: bind");
    if (listen(s, 0)) fatal("server: listen");
    freeaddrinfo(ai);

    if (getsockname(s, (struct sockaddr *)&here, &len)) fatal("server: getsockname");
    if (getnameinfo((struct sockaddr *)&here, len, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV))
        return 1;
    fprintf(stdout, here.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", h, p);
    fflush(stdout);

    for (;;) {
        int conn = accept(s, NULL, NULL);
        if (conn >= 0) serve(conn);
        else if (errno != EINTR && errno != ECONNABORTED) {
            perror("server: accept");
            sleep(1);
        }
    }
}
