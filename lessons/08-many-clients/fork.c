/*
 * fork.c - the echo server of lesson 04, with a process for each client.
 *
 *     cc -o fork fork.c
 *     ./fork [HOST [PORT]]                (default: 127.0.0.1 65432)
 *
 * New since lesson 04: serve_in_child(), and what a parent owes its children:
 * it notices when they end, and it ends them when it ends itself.
 * See also: threads.c; server.c, which needs neither processes nor threads.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The most clients at a time.  We close the connections of others. */
enum { MOST = 1000 };

/* The children that are running.  A place that is 0 is free. */
static pid_t children[MOST];

/*
 * Print ADDR (of LEN bytes) in numbers: 127.0.0.1:80 or [::1]:80.  Exits if
 * that fails.
 */
static void print_address(const struct sockaddr *addr, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int error = getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);

    if (error)
        errx(1, "getnameinfo: %s", gai_strerror(error));
    printf(addr->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/*
 * Print the address that SOCK is bound to; only the kernel knows it.  Exits if
 * that fails.
 */
static void print_local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(1, "getsockname");
    print_address((struct sockaddr *)&addr, len);
}

/*
 * Exit unless PORT is a port number.  (glibc's getaddrinfo() would take 99999
 * for 34463.)
 */
static void check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || strtoul(port, NULL, 10) > 65535)
        errx(2, "%s: not a port (0 to 65535)", port);
}

/*
 * Return the TCP addresses that HOST and PORT stand for, as a list that the
 * caller frees with freeaddrinfo().  Exits if there are none.
 */
static struct addrinfo *resolve(const char *host, const char *port, int flags)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = flags | AI_NUMERICSERV,
    };
    struct addrinfo *list;
    int error = getaddrinfo(host, port, &hints, &list);

    if (error == EAI_SYSTEM)
        err(1, "getaddrinfo %s", host);
    if (error)
        errx(1, "getaddrinfo %s: %s", host, gai_strerror(error));
    return list;
}

/*
 * Return a new TCP socket that listens on HOST and PORT; about BACKLOG clients
 * can wait there until they are accepted.  A name can have several addresses:
 * we take the first one that works.  Exits if none does.
 */
static int listen_on(const char *host, const char *port, int backlog)
{
    struct addrinfo *list = resolve(*host ? host : NULL, port, AI_PASSIVE);
    int listener = -1, on = 1;

    for (struct addrinfo *addr = list; addr; addr = addr->ai_next) {
        bool last = addr->ai_next == NULL;

        listener = socket(addr->ai_family, SOCK_STREAM, 0);
        if (listener == -1 && last)
            err(1, "socket");
        if (listener == -1)
            continue;
        /* Let a restarted server have its port back immediately (TIME_WAIT). */
        if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
            err(1, "setsockopt");
        if (bind(listener, addr->ai_addr, addr->ai_addrlen) == 0)
            break;
        if (last)
            err(1, "bind %s %s", host, port);
        close(listener);
    }
    if (listen(listener, backlog) == -1)
        err(1, "listen");
    freeaddrinfo(list);
    return listener;
}

/*
 * Send the LEN bytes of BUF to CONN, in a loop, because a single send() may
 * take fewer.  Returns 0, or -1 (see errno) if the connection is lost.
 */
static int send_all(int conn, const char *buf, size_t len)
{
    while (len > 0) {
        ssize_t n = send(conn, buf, len, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        buf += n;
        len -= (size_t)n;
    }
    return 0;
}

/*
 * Send back every byte that arrives from CONN, until the peer has finished
 * sending.  If the connection is lost, prints a warning and returns.
 */
static void echo(int conn)
{
    char buf[16384];
    ssize_t n;

    while ((n = recv(conn, buf, sizeof buf, 0)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 || send_all(conn, buf, (size_t)n) == -1) {
            warn("lost the client");
            return;
        }
    }
}

/*
 * Handle SIGCHLD: children have ended.  Fetch their status, or they stay as
 * zombies, and take them off the list.
 */
static void on_child(int signo)
{
    int error = errno; /* waitpid() changes it */
    pid_t child;

    (void)signo;
    while ((child = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < MOST; i++)
            if (children[i] == child)
                children[i] = 0;
    errno = error;
}

/* Handle SIGINT and SIGTERM: end our children, then ourselves. */
static void on_end(int signo)
{
    for (int i = 0; i < MOST; i++)
        if (children[i] > 0)
            kill(children[i], SIGTERM);
    _exit(128 + signo);
}

/*
 * Have HANDLER called when the signal SIGNO arrives.  All other signals wait
 * until it returns.  Exits if that fails.
 */
static void handle(int signo, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigfillset(&action.sa_mask);
    if (sigaction(signo, &action, NULL) == -1)
        err(1, "sigaction");
}

/*
 * Start a child that serves CONN.  Signals wait until it is on the list: no
 * handler runs that does not know it yet.  If that fails, prints a warning.
 */
static void serve_in_child(int listener, int conn)
{
    sigset_t all, before;
    int i = 0;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    while (i < MOST && children[i] != 0)
        i++;
    pid_t child = i < MOST ? fork() : -1;
    if (child == 0) {
        signal(SIGINT, SIG_DFL); /* the list is the parent's business */
        signal(SIGTERM, SIG_DFL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        close(listener);
        echo(conn);
        _exit(0); /* exit() would flush stdio's buffers again */
    }
    if (i == MOST)
        warnx("no room for another client");
    else if (child == -1)
        warn("fork");
    else
        children[i] = child;
    sigprocmask(SIG_SETMASK, &before, NULL);
}

int main(int argc, char *argv[])
{
    if (argc > 3)
        errx(2, "usage: fork [HOST [PORT]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    check_port(port);

    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line when it is complete */
    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */
    handle(SIGCHLD, on_child);
    handle(SIGINT, on_end);
    handle(SIGTERM, on_end);

    int listener = listen_on(host, port, SOMAXCONN);
    printf("listening on ");
    print_local_address(listener);
    if (puts("") == EOF)
        err(1, "stdout");
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (conn == -1 && errno == ECONNABORTED)
            continue; /* this client has left; others may be waiting */
        if (conn == -1) {
            warn("accept");
            sleep(1); /* perhaps no descriptor is free: that may pass */
            continue;
        }
        serve_in_child(listener, conn);
        close(conn); /* the child has a descriptor of its own */
    }
}
