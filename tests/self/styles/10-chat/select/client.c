/*
 * A child process sends stdin; the parent prints what arrives.  When the child has
 * sent everything it says so through a pipe, and half-closes.
 */
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int send_stdin(int conn, const char *name, int done)
{
    char line[2048];

    if (dprintf(conn, "%s\n", name) < 0)
        return 1;
    while (fgets(line, sizeof line, stdin))
        if (send(conn, line, strlen(line), 0) == -1)
            return 1;
    if (write(done, "", 1) == -1)
        return 1;
    shutdown(conn, SHUT_WR);
    return 0;
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    const char *port = argc > 3 ? argv[3] : "65432";
    char buf[1024];
    ssize_t n;

    if (argc < 2 || argc > 4 || !*port ||
        strspn(port, "0123456789") != strlen(port) || strlen(port) > 5 ||
        atoi(port) > 65535) {
        fprintf(stderr, "usage: client NAME [HOST [PORT]]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int error = getaddrinfo(argc > 2 ? argv[2] : "127.0.0.1", port, &hints, &found);
    if (error) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
        return 1;
    }
    int conn = socket(found->ai_family, SOCK_STREAM, 0);
    if (conn == -1 || connect(conn, found->ai_addr, found->ai_addrlen) == -1) {
        perror("connect");
        return 1;
    }
    int ends[2];
    if (pipe(ends) == -1)
        return 1;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pid_t child = fork();
    if (child == 0)
        _exit(send_stdin(conn, argv[1], ends[1]));
    while ((n = recv(conn, buf, sizeof buf, 0)) > 0) {
        fwrite(buf, 1, (size_t)n, stdout);
        fflush(stdout);
    }
    if (n == -1)
        perror("recv");
    int finished = read(ends[0], buf, 1) == 1;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return n == -1 || !finished;
}
