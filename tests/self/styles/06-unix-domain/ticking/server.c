/*
 * server.c of 06-unix-domain in another style: recv() has a time limit, after which it
 * is called again, and the queue has the shortest length.
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
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* The socket file that we made: what the handler must remove. */
static const char *made;
static struct stat made_file;

/* End the program, and remove its socket file, unless it is another's now. */
static void remove_and_exit(int signo)
{
    struct stat file;

    (void)signo;
    if (lstat(made, &file) == 0 && file.st_dev == made_file.st_dev &&
        file.st_ino == made_file.st_ino)
        unlink(made);
    _exit(0); /* exit() is not for handlers: see signal-safety(7) */
}

/* From now on Ctrl-C and kill remove PATH, a socket file that we have made. */
static void remove_on_signal(const char *path)
{
    struct sigaction action = {.sa_handler = remove_and_exit};

    made = path;
    if (lstat(path, &made_file) == -1)
        err(1, "lstat %s", path);
    if (sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        err(1, "sigaction");
}

/* Return PATH as a socket address, or end the program if it cannot be one. */
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
 * Remove the socket file of ADDR if nobody listens on it any more.  All else
 * that may be at its path is left to bind(), which fails for it.  (What comes
 * there while we look, we cannot exclude: see the notes.)
 */
static void remove_stale(const struct sockaddr_un *addr)
{
    struct stat file;

    if (lstat(addr->sun_path, &file) == -1 || !S_ISSOCK(file.st_mode))
        return;
    int sock = socket(AF_UNIX, SOCK_STREAM, 0);
    if (sock == -1)
        err(1, "socket");
    /* If there is a server with a full queue, do not wait for a place. */
    int flags = fcntl(sock, F_GETFL);
    if (flags == -1 || fcntl(sock, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
    if (connect(sock, (const struct sockaddr *)addr, sizeof *addr) == -1 &&
        errno == ECONNREFUSED && unlink(addr->sun_path) == -1)
        err(1, "unlink %s", addr->sun_path);
    close(sock);
}

/* Return a new socket that listens on PATH, for its owner alone. */
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
    if (listen(listener, 0) == -1)
        err(1, "listen");
    return listener;
}

/* Print who is at the other end of CONN, as the kernel knows it. */
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
#else /* the BSDs and macOS; they do not tell the process */
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
 * Send the LEN bytes of BUF: one send() may take fewer than it is offered.
 * Returns 0, or -1 (see errno) when the connection is lost.
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

/* Send back what the peer sends, until it has no more to say. */
static void echo(int conn)
{
    struct timeval limit = {.tv_sec = 2};
    char buf[16384];
    ssize_t n;

    if (setsockopt(conn, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == -1)
        warn("setsockopt");
    while ((n = recv(conn, buf, sizeof buf, 0)) != 0) {
        if (n == -1 && (errno == EINTR || errno == EAGAIN))
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

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen as soon as it is said */
    signal(SIGPIPE, SIG_IGN); /* if the peer is gone, let send() fail */

    int listener = listen_at(path);
    printf("listening on %s\n", path);
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (conn == -1 && errno == ECONNABORTED)
            continue; /* it left while it waited; the next one need not */
        if (conn == -1) {
            warn("accept");
            sleep(1); /* no descriptor free, say: that may pass */
            continue;
        }
        print_peer(conn);
        echo(conn);
        close(conn);
    }
}
