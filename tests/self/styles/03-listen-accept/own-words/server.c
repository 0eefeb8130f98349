/* server.c of 03-listen-accept in another style: it tells of failures in words
 * of its own, or in the system's with a remark; it prints more lines than it
 * must, before and after each client's; it sets many options, in any order that
 * is allowed, and lingers; it drops what its clients have sent. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void give_up(int status, const char *format, ...)
{
    va_list args;

    fputs("Sorry! ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs(" That is all I know.\n", stderr);
    exit(status);
}

static long number(const char *text, long least, long most, const char *what)
{
    char *end;

    errno = 0;
    long n = strtol(text, &end, 10);
    if (strspn(text, "0123456789") != strlen(text) || end == text || *end ||
        errno || n < least || n > most)
        give_up(2, "%s is not a %s.", text, what);
    return n;
}

static const char *words(int why)
{
    switch (why) {
    case EADDRINUSE: return "somebody else has this port";
    case EADDRNOTAVAIL: return "that is an address of another machine";
    case EACCES: return "only the administrator may have that port";
    default: return strerror(why);
    }
}

static void show(const struct sockaddr *addr, socklen_t len)
{
    char host[128] = "?", port[16] = "?";

    getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    printf(strchr(host, ':') ? "[%s]:%s\n" : "%s:%s\n", host, port);
}

static void end(int signo)
{
    (void)signo;
    _exit(0);
}

int main(int argc, char **argv)
{
    if (argc > 4)
        give_up(2, "I take a host, a port and a backlog, no more.");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    number(port, 0, 65535, "port");
    int backlog = SOMAXCONN;
    if (argc > 3)
        backlog = (int)number(argv[3], 1, 2147483647, "backlog");

    struct addrinfo hints, *list;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    if (getaddrinfo(*host ? host : NULL, port, &hints, &list) != 0)
        give_up(1, "I looked everywhere and found no host %s.", host);

    int sock = socket(list->ai_family, list->ai_socktype, list->ai_protocol);
    if (sock < 0)
        give_up(1, "socket: %s.", words(errno));
    int on = 1;
    setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(sock, list->ai_addr, list->ai_addrlen) < 0) {
        int why = errno;
        close(sock);
        freeaddrinfo(list);
        give_up(1, "bind %s port %s: %s (number %d).", host, port, words(why),
                why);
    }
    struct linger linger = {.l_onoff = 1, .l_linger = 5};
    setsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    if (listen(sock, backlog) < 0)
        give_up(1, "listen: %s.", words(errno));
    freeaddrinfo(list);

    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = end;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);

    setbuf(stdout, NULL);
    setbuf(stderr, NULL);
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    if (getsockname(sock, (struct sockaddr *)&addr, &len) < 0)
        give_up(1, "getsockname: %s.", words(errno));
    printf("server (pid %d): listening on ", (int)getpid());
    show((struct sockaddr *)&addr, len);
    printf("backlog: %d\n", backlog);
    fprintf(stderr, "Come in!\n");

    for (unsigned long served = 0;;) {
        len = sizeof addr;
        int conn = accept(sock, (struct sockaddr *)&addr, &len);
        if (conn < 0) {
            if (errno == EMFILE || errno == ENFILE)
                nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
            continue;
        }
        printf("client number %lu\n", ++served);
        printf("accepted ");
        show((struct sockaddr *)&addr, len);
        char buf[512];
        while (recv(conn, buf, sizeof buf, MSG_DONTWAIT) > 0)
            printf("it spoke\n");
        close(conn);
        printf("good-bye\n");
    }
}
