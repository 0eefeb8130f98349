/*
 * server.c of 04-echo in another style, that of the textbooks: a child for each
 * client.  Ctrl-C reaches the children too, because it goes to the whole process
 * group; for SIGTERM the parent passes the signal on.  Its queue is the shortest.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void reap(int signo)
{
    int error = errno;

    (void)signo;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = error;
}

static void end_all(int signo)
{
    signal(signo, SIG_IGN);
    kill(0, signo);
    _exit(0);
}

static void die(const char *call)
{
    perror(call);
    exit(1);
}

static void catch(int signo, void (*handler)(int), int flags)
{
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = handler;
    sa.sa_flags = flags;
    sigemptyset(&sa.sa_mask);
    sigaction(signo, &sa, NULL);
}

static void serve(int conn)
{
    char buf[1000];
    ssize_t n, m;

    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    while ((n = read(conn, buf, sizeof buf)) > 0 || (n == -1 && errno == EINTR))
        for (ssize_t at = 0; at < n; at += m)
            if ((m = write(conn, buf + at, (size_t)(n - at))) == -1)
                _exit(1);
    _exit(0);
}

int main(int argc, char *argv[])
{
    const char *port = argc > 2 ? argv[2] : "65432";
    struct addrinfo hints, *info;
    struct sockaddr_storage here;
    socklen_t len = sizeof here;
    char h[200], p[20];
    int yes = 1, sock, rc;

    if (argc > 3 || !*port || port[strspn(port, "0123456789")] ||
        strtoull(port, NULL, 10) > 65535) {
        fprintf(stderr, "usage: server [host [port]]\n");
        exit(2);
    }
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    rc = getaddrinfo(argc < 2 ? "127.0.0.1" : *argv[1] ? argv[1] : NULL, port,
                     &hints, &info);
    if (rc != 0) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(rc));
        exit(1);
    }
    if ((sock = socket(info->ai_family, info->ai_socktype, 0)) == -1)
        die("socket");
    if (setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1)
        die("setsockopt");
    if (bind(sock, info->ai_addr, info->ai_addrlen) == -1)
        die("bind");
    freeaddrinfo(info);
    if (listen(sock, 0) == -1)
        die("listen");
    catch(SIGCHLD, reap, SA_RESTART);
    catch(SIGTERM, end_all, 0);
    if (getsockname(sock, (struct sockaddr *)&here, &len) == -1)
        die("getsockname");
    getnameinfo((struct sockaddr *)&here, len, h, sizeof h, p, sizeof p,
                NI_NUMERICHOST | NI_NUMERICSERV);
    printf(strchr(h, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n",
           h, p);
    fflush(stdout);
    for (;;) {
        int conn = accept(sock, NULL, NULL);
        if (conn == -1 && (errno == EMFILE || errno == ENFILE)) {
            struct timespec moment = {.tv_nsec = 100000000};
            nanosleep(&moment, NULL);
        }
        if (conn == -1)
            continue;
        pid_t pid = fork();
        if (pid == 0) {
            close(sock);
            serve(conn);
        }
        if (pid == -1)
            perror("fork");
        close(conn);
    }
}
