/*
 * server.c - an echo server at a path: a unix-domain socket.
 *
 *     cc -o server server.c
 *     ./server [PATH]                     (default: echo.sock)
 *
 * Compared with lesson 04, the address is a path, and there is a file at it:
 * only its owner may connect, the file of a server that was killed is replaced,
 * and Ctrl-C removes it.  See also: client.c; unix(7).
 */
#ifdef __linux__
#define _GNU_SOURCE /* struct ucred */
#endif
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The socket file that the handler must remove.  Set before it is installed. */
static const char *our_path;
static struct stat our_file;

/* Handle a signal: remove the socket file if it is still ours, and exit. */
static void remove_and_exit(int signo)
{
    struct stat file;

    (void)signo;
    if (lstat(our_path, &file) == 0 && file.st_dev == our_file.st_dev &&
        file.st_ino == our_file.st_ino)
        unlink(our_path);
    _exit(0); /* exit() is not for handlers: see signal-safety(7) */
}

/* Let Ctrl-C and kill remove PATH and end the program.  Exits on failure. */
static void remove_on_signal(const char *path)
{
    struct sigaction action = {.sa_handler = remove_and_exit};

    our_path = path;
    if (lstat(path, &our_file) == -1)
        err(1, "lstat %s", path);
    if (sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        err(1, "sigaction");
}

/* Return PATH as a socket address.  Exits if it is empty or too long. */
static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    if (len == 0)
        errx(2, "the path is empty");
    if (len >= sizeof addr.sun_path)
        errx(1, "%s: a socket's path has at most %zu bytes, this one has %zu",
             path, sizeof addr.sun_path - 1, len);
    memcpy(addr.sun_path, path, len + 1);
    return addr;
}

/*
 * Remove the socket file at ADDR if nobody listens on it any more.  Anything
 * else there stays, and bind() fails.  Exits if a call fails.  (Another server
 * may act between two calls.  On FreeBSD and macOS a full queue also gives
 * ECONNREFUSED: a lock file, as in exercise 5, is the portable cure.)
 */
static void remove_stale(const struct sockaddr_un *addr)
{
    struct stat file;

    if (lstat(addr->sun_path, &file) == -1 || !S_ISSOCK(file.st_mode))
        return;
    int sock = socket(AF_UNIX, SOCK_STREAM, 0);
    if (sock == -1)
        err(1, "socket");
    /* If a live server's queue is full, do not wait for a place in it. */
    int flags = fcntl(sock, F_GETFL);
    if (flags == -1 || fcntl(sock, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
    if (connect(sock, (const struct sockaddr *)addr, sizeof *addr) == -1 &&
        errno == ECONNREFUSED && unlink(addr->sun_path) == -1)
        err(1, "unlink %s", addr->sun_path);
    close(sock);
}

/* Return a new socket that listens on PATH, for its owner; exit on failure. */
static int listen_at(const char *path)
{
    struct sockaddr_un addr = address_of(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");

    remove_stale(&addr);
    mode_t before = umask(S_IRWXG | S_IRWXO); /* bind() makes the file */
    if (bind(listener, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(1, "bind %s", path);
    umask(before);
    remove_on_signal(path);
    if (listen(listener, SOMAXCONN) == -1)
        err(1, "listen");
    return listener;
}

/* Print who connected CONN, as the kernel recorded it; or print a warning. */
static void print_peer(int conn)
{
#ifdef __linux__
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
        warn("getsockopt SO_PEERCRED");
    else
        printf("accepted pid %ld uid %lu gid %lu\n", (long)peer.pid,
               (unsigned long)peer.uid, (unsigned long)peer.gid);
#else /* the BSDs and macOS; for the process each has a call of its own */
    uid_t uid;
    gid_t gid;

    if (getpeereid(conn, &uid, &gid) == -1)
        warn("getpeereid");
    else
        printf("accepted uid %lu gid %lu\n", (unsigned long)uid,
               (unsigned long)gid);
#endif
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

int main(int argc, char *argv[])
{
    if (argc > 2)
        errx(2, "usage: server [PATH]");
    const char *path = argc > 1 ? argv[1] : "echo.sock";

    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line when it is complete */
    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */

    int listener = listen_at(path);
    printf("listening on %s", path);
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
        print_peer(conn);
        echo(conn);
        close(conn);
    }
}
