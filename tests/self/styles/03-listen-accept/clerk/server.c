/*
 * server.c of 03-listen-accept in another style: it never waits for who reads
 * what it says, for another process, fed through a pipe, writes that down.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Print ADDR (of LEN bytes) in numbers: 127.0.0.1:80 or [::1]:80. */
static void print_address(const struct sockaddr *addr, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int error = getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);

    if (error)
        errx(1, "getnameinfo: %s", gai_strerror(error));
    printf(addr->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Print the address that SOCK is bound to, which only the kernel knows. */
static void print_local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    print_address((struct sockaddr *)&addr, len);
}

/* Refuse what is no port.  (To glibc's getaddrinfo() 99999 is port 34463.) */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/* Return the backlog that DIGITS name, or end with status 2 if it is none. */
static int read_backlog(const char *digits)
{
    unsigned long backlog = strtoul(digits, NULL, 10);

    if (digits[strspn(digits, "0123456789")] != '\0' || backlog < 1 ||
        backlog > 2147483647)
        errx(2, "%s: not a backlog (1 to 2147483647)", digits);
    return (int)backlog;
}

/*
 * Return a new TCP socket that listens on HOST and PORT, and lets about
 * BACKLOG clients wait until they are accepted.
 */
static int listen_on(const char *host, const char *port, int backlog)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *addr;
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &addr);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));

    /* A name may stand for several addresses: the first one is ours. */
    int listener = socket(addr->ai_family, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");

    /* Let a restarted server have its port back at once (see TIME_WAIT). */
    int on = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        err(1, "setsockopt");
    if (bind(listener, addr->ai_addr, addr->ai_addrlen) == -1)
        err(1, "bind %s %s", host, port);
    if (listen(listener, backlog) == -1)
        err(1, "listen");
    freeaddrinfo(addr);
    return listener;
}
/* From now on another process writes what goes to stdout. */
static void employ_clerk(int listener)
{
    int lines[2];
    char buf[4096];
    ssize_t n;

    fflush(stdout);
    if (pipe(lines) == -1)
        err(1, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(1, "fork");
    if (pid > 0) {
        dup2(lines[1], STDOUT_FILENO);
        close(lines[0]);
        close(lines[1]);
        return;
    }
    close(listener);
    close(lines[1]);
    while ((n = read(lines[0], buf, sizeof buf)) > 0)
        if (write(STDOUT_FILENO, buf, (size_t)n) != n)
            break;
    _exit(0); /* the server has ended */
}

static void serve(int listener)
{
    employ_clerk(listener);
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int conn = accept(listener, (struct sockaddr *)&peer, &len);
        if (conn == -1) {
            usleep(100000); /* no descriptor is free, perhaps */
            continue;
        }
        printf("accepted ");
        print_address((struct sockaddr *)&peer, len);
        printf("\n");
        close(conn);
    }
}

int main(int argc, char *argv[])
{
    if (argc > 4)
        errx(2, "usage: server [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);
    int backlog = argc > 3 ? read_backlog(argv[3]) : SOMAXCONN;
    setvbuf(stdout, NULL, _IOLBF, 0);
    int listener = listen_on(host, port, backlog);
    printf("listening on ");
    print_local_address(listener);
    printf("\n");
    serve(listener);
}
