/*
 * server.c - a chat room: what one person types, all the others can read.
 *
 *     cc -o server server.c
 *     ./server [HOST [PORT [SECONDS]]]    (default: 127.0.0.1 65432 60)
 *     nc localhost 65432                  (the first line is your name)
 *
 * Whoever gives no name within SECONDS is disconnected.  New since lesson 09:
 * each client has two buffers, for the line that is not complete yet and for
 * what is not sent yet; see read_from(), process() and write_to().
 * See also: client.c.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The most descriptors that we use: the default of Linux's fs.nr_open. */
enum { MANY = 1 << 20 };
enum { PIECE = 4096 }; /* the most bytes that one recv() may return */
enum { ACCEPT_MOST = 64 }; /* the most clients that we accept in one turn */
enum { PAUSE = 1000 }; /* milliseconds: how long accept() rests if it failed */
enum { NAME_MOST = 20, LINE_MOST = 1024 }; /* in bytes, without the newline */
enum { OUT_MOST = 65536 }; /* more than this never waits for a client */
enum { LINGER = 2000 }; /* milliseconds for a client to read why it must go */
static const long long never = LLONG_MAX; /* a time that does not come */

/* Bytes in memory: data[0] to data[len - 1], with room for cap. */
struct buffer {
    char *data; /* NULL if there are none: an idle client has no buffer */
    size_t len, cap;
};

struct client {
    int fd;
    struct buffer in, out; /* received and not a line yet; not sent yet */
    char name[NAME_MOST + 1]; /* "" before it has joined, and after */
    long long deadline; /* by now(): we disconnect it then */
    bool ended; /* it has finished sending */
    bool closing; /* we take no more lines, and close when `out` is sent */
    bool lost; /* there is nothing that we could still do for it */
};

/* All that poll() watches.  (Memory that nobody touches costs nothing.) */
struct watch {
    struct pollfd fds[MANY]; /* LISTENER, SIGNALS, then the clients' */
    struct client *clients[MANY]; /* clients[i] belongs to fds[i] */
    size_t count; /* of both arrays */
    long long accept_paused_until; /* by now() */
    long long patience; /* milliseconds for a newcomer to give its name */
};
enum { LISTENER, SIGNALS, FIRST_CLIENT };

/* The end of a pipe that on_signal() writes to.  SIGNALS is the other end. */
static int wake;

/* Return the milliseconds of a clock that nobody can set. */
static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

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

/* Make FD non-blocking: no call on it ever waits.  Exits if that fails. */
static void set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL); /* F_SETFL sets all: keep the rest */

    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        err(1, "fcntl");
}

/*
 * Handle a signal: write a byte into the pipe, so that poll() returns, now or
 * when it is called next.  (If the pipe is full, it will return anyway.)
 */
static void on_signal(int signo)
{
    int error = errno; /* write() may change it */

    if (write(wake, "", 1) == -1 && errno != EAGAIN)
        _exit(128 + signo);
    errno = error;
}

/*
 * Catch SIGINT and SIGTERM.  Returns a descriptor that has something to read
 * when one of them has arrived.  Exits if that fails.
 */
static int catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    int ends[2];

    if (pipe(ends) == -1)
        err(1, "pipe");
    wake = ends[1];
    set_nonblocking(wake); /* a handler must never wait */
    if (sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        err(1, "sigaction");
    return ends[0];
}

/*
 * Raise our limit of descriptors as far as we may; most shells start us with
 * 1024.  If that fails, we go on with what we have.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "getrlimit");
    limit.rlim_cur = limit.rlim_max < MANY ? limit.rlim_max : MANY;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        warn("setrlimit");
}

/*
 * Append N bytes to BUF.  Returns false (see errno), and leaves BUF as it is,
 * if there is no memory for them.
 */
static bool append(struct buffer *buf, const void *bytes, size_t n)
{
    if (buf->data == NULL || n > buf->cap - buf->len) {
        size_t cap = 2 * (buf->len + n); /* so that it is rarely full again */
        char *data = realloc(buf->data, cap);
        if (data == NULL)
            return false;
        buf->data = data;
        buf->cap = cap;
    }
    memcpy(buf->data + buf->len, bytes, n);
    buf->len += n;
    return true;
}

/* Drop the first N bytes of BUF, and give back their memory. */
static void discard(struct buffer *buf, size_t n)
{
    if (n == 0)
        return;
    buf->len -= n;
    if (buf->len == 0) {
        free(buf->data);
        *buf = (struct buffer){.data = NULL};
        return;
    }
    memmove(buf->data, buf->data + n, buf->len);
    char *data = realloc(buf->data, buf->len);
    if (data == NULL)
        return; /* it stays as large as it is */
    buf->data = data;
    buf->cap = buf->len;
}

/* Give C up, with a warning (see errno); the main loop will disconnect it. */
static void lose(struct client *c)
{
    warn("lost a client");
    c->lost = true;
}

/*
 * Receive what has arrived from C, and append it to C->in.  If C is closing,
 * drop it.  Sets C->ended at the end of file, or C->lost if something fails.
 */
static void read_from(struct client *c)
{
    char piece[PIECE];
    ssize_t n = recv(c->fd, piece, sizeof piece, 0);

    if (n == 0)
        c->ended = true;
    if (n == -1 && errno != EAGAIN)
        lose(c);
    if (n > 0 && !c->closing && !append(&c->in, piece, (size_t)n))
        lose(c);
}

/*
 * Send as much of C->out as the kernel takes.  After the last byte to a client
 * that is closing, half-close.  Sets C->lost if that fails.
 */
static void write_to(struct client *c)
{
    ssize_t n = send(c->fd, c->out.data, c->out.len, 0);

    if (n == -1 && errno != EAGAIN)
        lose(c);
    if (n > 0)
        discard(&c->out, (size_t)n);
    /* Not close(): a reset could take the last bytes from the peer. */
    if (c->closing && c->out.len == 0 && shutdown(c->fd, SHUT_WR) == -1)
        lose(c);
}

/*
 * Append TEXT to what waits for C.  If C does not read, so that more than
 * OUT_MOST bytes would wait, or if there is no memory, C is lost.
 */
static void deliver(struct client *c, const char *text)
{
    size_t len = strlen(text);

    if (!c->lost && c->out.len + len > OUT_MOST)
        write_to(c); /* perhaps it does read, and we were faster */
    if (c->lost)
        return;
    errno = ENOBUFS;
    if (c->out.len + len > OUT_MOST || !append(&c->out, text, len))
        lose(c);
}

/*
 * Deliver a line to all others in the room: BEFORE, the name of C, AFTER, TEXT.
 */
static void tell_others(struct watch *w, const struct client *c,
                        const char *before, const char *after, const char *text)
{
    char line[NAME_MOST + LINE_MOST + 32];

    snprintf(line, sizeof line, "%s%s%s%s\n", before, c->name, after, text);
    for (size_t i = FIRST_CLIENT; i < w->count; i++)
        if (w->clients[i] != c && *w->clients[i]->name)
            deliver(w->clients[i], line);
}

/* If C is in the room, it leaves: tell the others. */
static void leave(struct watch *w, struct client *c)
{
    if (*c->name)
        tell_others(w, c, "* ", " has left", "");
    *c->name = '\0';
}

/* Tell C what is WRONG, and disconnect it when it can have read that. */
static void refuse(struct watch *w, struct client *c, const char *wrong)
{
    deliver(c, "error: ");
    deliver(c, wrong);
    leave(w, c);
    c->closing = true;
    c->deadline = now() + LINGER;
}

/* Let C into the room as NAME, or refuse it if NAME is invalid or in use. */
static void join(struct watch *w, struct client *c, const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    const char *wrong = NULL;
    bool alone = true;

    for (size_t i = FIRST_CLIENT; i < w->count; i++)
        if (strcmp(w->clients[i]->name, name) == 0)
            wrong = "that name is in use\n";
    if (len < 1 || len > NAME_MOST || name[len] != '\0')
        wrong = "a name has 1 to 20 letters, digits, _ or -\n";
    if (wrong) {
        refuse(w, c, wrong);
        return;
    }
    deliver(c, "* welcome, ");
    deliver(c, name);
    for (size_t i = FIRST_CLIENT; i < w->count; i++) {
        if (*w->clients[i]->name == '\0')
            continue;
        deliver(c, alone ? "; here are: " : ", ");
        deliver(c, w->clients[i]->name);
        alone = false;
    }
    deliver(c, alone ? "; nobody else is here yet\n" : "\n");
    memcpy(c->name, name, len + 1);
    c->deadline = never;
    tell_others(w, c, "* ", " has joined", "");
}

/*
 * Take the complete lines out of C->in.  The first is C's name, the others are
 * for everybody else.  A client that has ended leaves after its last line.
 */
static void process(struct watch *w, struct client *c)
{
    size_t done = 0;

    while (done < c->in.len && !c->closing) {
        char *line = c->in.data + done;
        char *newline = memchr(line, '\n', c->in.len - done);
        size_t all = newline ? (size_t)(newline - line) : c->in.len - done;
        size_t len = all > 0 && line[all - 1] == '\r' ? all - 1 : all;

        if (len > LINE_MOST)
            refuse(w, c, "a line has at most 1024 bytes\n");
        if (len > LINE_MOST || newline == NULL)
            break;
        for (size_t i = 0; i < len; i++) /* these control a terminal */
            if (iscntrl((unsigned char)line[i]) && line[i] != '\t')
                line[i] = '?';
        line[len] = '\0';
        if (*c->name == '\0')
            join(w, c, line);
        else if (len > 0)
            tell_others(w, c, "<", "> ", line);
        done += all + 1;
    }
    discard(&c->in, done);
    if (c->ended && !c->closing) {
        leave(w, c);
        c->closing = true;
    }
}

/* Watch FD: the listener's, the pipe's or C's.  Exits if that fails. */
static void watch(struct watch *w, int fd, struct client *c)
{
    set_nonblocking(fd);
    w->fds[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->clients[w->count++] = c;
}

/*
 * Accept the clients that wait in the queue, at most ACCEPT_MOST of them, as in
 * lesson 09.  If that fails, prints a warning and accepts nobody for a while.
 */
static void admit_newcomers(struct watch *w)
{
    for (int i = 0; i < ACCEPT_MOST; i++) {
        struct client *c = malloc(sizeof *c);
        int conn = c ? accept(w->fds[LISTENER].fd, NULL, NULL) : -1;
        if (conn == -1 && errno != EAGAIN && errno != ECONNABORTED) {
            warn("accept"); /* perhaps no descriptor is free, or no memory */
            w->accept_paused_until = now() + PAUSE;
        }
        if (conn == -1) {
            free(c);
            return;
        }
        *c = (struct client){.fd = conn, .deadline = now() + w->patience};
        watch(w, conn, c);
    }
}

/*
 * Close the connection of client I, and free what we keep for it.  The last
 * client of the array, which has had its turn already, takes its place.
 */
static void disconnect(struct watch *w, size_t i)
{
    struct client *c = w->clients[i];

    w->fds[i] = w->fds[--w->count];
    w->clients[i] = w->clients[w->count];
    close(c->fd);
    free(c->in.data);
    free(c->out.data);
    free(c);
    w->accept_paused_until = 0; /* there is a free descriptor now */
}

/* Disconnect the clients that are lost, or late, or have got everything. */
static void disconnect_finished(struct watch *w)
{
    long long time = now();

    for (size_t i = w->count; i-- > FIRST_CLIENT;) { /* backwards */
        struct client *c = w->clients[i];
        bool complete = c->closing && c->ended && c->out.len == 0;
        if (complete || c->lost || c->deadline <= time) {
            leave(w, c);
            disconnect(w, i);
        }
    }
}

/*
 * Set what poll() shall wait for.  Returns for how long, in milliseconds: until
 * the first deadline, or -1 if there is none.
 */
static int prepare_poll(struct watch *w)
{
    long long time = now(), first = never;

    w->fds[LISTENER].events = POLLIN;
    if (w->accept_paused_until > time) {
        w->fds[LISTENER].events = 0;
        first = w->accept_paused_until;
    }
    for (size_t i = FIRST_CLIENT; i < w->count; i++) {
        const struct client *c = w->clients[i];
        w->fds[i].events = c->ended ? 0 : POLLIN;
        if (c->out.len > 0)
            w->fds[i].events |= POLLOUT;
        if (c->deadline < first)
            first = c->deadline;
        if (c->lost) /* what it was told last was too much */
            first = time;
    }
    if (first == never)
        return -1;
    return first > time ? (int)(first - time) : 0;
}

/* Run the chat room until a signal arrives.  Exits if poll() fails. */
static void run_room(struct watch *w)
{
    while (w->fds[SIGNALS].revents == 0) {
        if (poll(w->fds, (nfds_t)w->count, prepare_poll(w)) == -1) {
            if (errno != EINTR)
                err(1, "poll");
            continue; /* there is a byte in the pipe now */
        }
        for (size_t i = FIRST_CLIENT; i < w->count; i++)
            if (w->fds[i].revents & ~POLLOUT) {
                read_from(w->clients[i]);
                process(w, w->clients[i]);
            }
        for (size_t i = FIRST_CLIENT; i < w->count; i++)
            if (w->clients[i]->out.len > 0 && !w->clients[i]->lost)
                write_to(w->clients[i]);
        disconnect_finished(w);
        if (w->fds[LISTENER].revents)
            admit_newcomers(w);
    }
}

int main(int argc, char *argv[])
{
    if (argc > 4)
        errx(2, "usage: server [HOST [PORT [SECONDS]]]");
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    const char *seconds = argc > 3 ? argv[3] : "60";
    check_port(port);
    unsigned long patience = strtoul(seconds, NULL, 10);
    bool digits = seconds[strspn(seconds, "0123456789")] == '\0';
    if (!digits || patience < 1 || patience > 86400)
        errx(2, "%s: not a number of seconds (1 to 86400)", seconds);

    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line when it is complete */
    signal(SIGPIPE, SIG_IGN); /* if the peer has left, send() shall fail */
    raise_descriptor_limit();
    static struct watch w;
    w.patience = (long long)patience * 1000;
    watch(&w, listen_on(host, port, SOMAXCONN), NULL);
    watch(&w, catch_signals(), NULL);
    printf("listening on ");
    print_local_address(w.fds[LISTENER].fd);
    if (puts("") == EOF)
        err(1, "stdout");
    run_room(&w);
}
