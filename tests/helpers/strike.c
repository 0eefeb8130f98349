/*
 * strike.c - a signal arrives just before a send(), or just before a wait.
 *
 *     cc -shared -fPIC -o strike.so strike.c
 *     STRIKE=USR1 LD_PRELOAD=./strike.so program
 *     STRIKE=TERM STRIKE_AT=wait LD_PRELOAD=./strike.so program
 *
 * In front of PROGRAM's first call that sends (or that waits for clients: poll()
 * and its kin, or accept()) its process is sent the signal: USR1, INT, TERM or CONT.
 * So the handler has run when the call begins, although whatever PROGRAM checks
 * before the call has been checked already; and the program is not in a call that
 * waits.  A line on stderr says that it has happened.  Nothing happens to a
 * program that is linked statically, that has threads, or whose children make
 * the call.
 *
 * <sys/socket.h> and <poll.h> are not included: their functions have arguments
 * here that ISO C lacks, or are macros.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct iovec;

static pid_t program;

__attribute__((constructor)) static void begin(void)
{
    program = getpid();
}

/* The function NAME that PROGRAM meant. */
static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* Whether this process has one thread: a directory more has another link (Linux). */
static int one_thread(void)
{
    struct stat threads;

    return stat("/proc/self/task", &threads) == 0 && threads.st_nlink == 3;
}

static int is_socket(int fd)
{
    struct stat file;

    return fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode);
}

/* The first call that PLACE ("send" or "wait") names is CALL, and is made now. */
static void strike(const char *place, const char *call)
{
    static int struck;
    const char *name = getenv("STRIKE"), *at = getenv("STRIKE_AT");
    char line[80];

    if (name == NULL || strcmp(at ? at : "send", place) != 0 ||
        getpid() != program || !one_thread() || struck++)
        return;
    snprintf(line, sizeof line, "SIG%s arrives just before the first %s()\n",
             name, call);
    ssize_t (*say)(int, const void *, size_t);
    *(void **)&say = real("write");
    say(STDERR_FILENO, line, strlen(line));
    kill(program, strcmp(name, "USR1") == 0   ? SIGUSR1
                  : strcmp(name, "INT") == 0  ? SIGINT
                  : strcmp(name, "TERM") == 0 ? SIGTERM
                                              : SIGCONT);
}

static void strike_sender(int fd)
{
    if (is_socket(fd))
        strike("send", "send");
}

ssize_t send(int sock, const void *buf, size_t len, int flags)
{
    ssize_t (*call)(int, const void *, size_t, int);

    *(void **)&call = real("send");
    strike_sender(sock);
    return call(sock, buf, len, flags);
}

ssize_t sendto(int sock, const void *buf, size_t len, int flags,
               const void *addr, unsigned addr_len)
{
    ssize_t (*call)(int, const void *, size_t, int, const void *, unsigned);

    *(void **)&call = real("sendto");
    strike_sender(sock);
    return call(sock, buf, len, flags, addr, addr_len);
}

ssize_t sendmsg(int sock, const void *message, int flags)
{
    ssize_t (*call)(int, const void *, int);

    *(void **)&call = real("sendmsg");
    strike_sender(sock);
    return call(sock, message, flags);
}

ssize_t write(int fd, const void *buf, size_t len)
{
    ssize_t (*call)(int, const void *, size_t);

    *(void **)&call = real("write");
    strike_sender(fd);
    return call(fd, buf, len);
}

ssize_t writev(int fd, const struct iovec *pieces, int n)
{
    ssize_t (*call)(int, const struct iovec *, int);

    *(void **)&call = real("writev");
    strike_sender(fd);
    return call(fd, pieces, n);
}

struct pollfd;
struct timespec;
struct epoll_event;

int poll(struct pollfd *fds, unsigned long n, int timeout)
{
    int (*call)(struct pollfd *, unsigned long, int);

    *(void **)&call = real("poll");
    strike("wait", "poll");
    return call(fds, n, timeout);
}

/* What poll() is with _FORTIFY_SOURCE. */
int __poll_chk(struct pollfd *fds, unsigned long n, int timeout, size_t size)
{
    int (*call)(struct pollfd *, unsigned long, int, size_t);

    *(void **)&call = real("__poll_chk");
    strike("wait", "poll");
    return call(fds, n, timeout, size);
}

int ppoll(struct pollfd *fds, unsigned long n, const struct timespec *timeout,
          const sigset_t *mask)
{
    int (*call)(struct pollfd *, unsigned long, const struct timespec *,
                const sigset_t *);

    *(void **)&call = real("ppoll");
    strike("wait", "ppoll");
    return call(fds, n, timeout, mask);
}

int select(int n, fd_set *in, fd_set *out, fd_set *other,
           struct timeval *timeout)
{
    int (*call)(int, fd_set *, fd_set *, fd_set *, struct timeval *);

    *(void **)&call = real("select");
    strike("wait", "select");
    return call(n, in, out, other, timeout);
}

int pselect(int n, fd_set *in, fd_set *out, fd_set *other,
            const struct timespec *timeout, const sigset_t *mask)
{
    int (*call)(int, fd_set *, fd_set *, fd_set *, const struct timespec *,
                const sigset_t *);

    *(void **)&call = real("pselect");
    strike("wait", "pselect");
    return call(n, in, out, other, timeout, mask);
}

int epoll_wait(int poller, struct epoll_event *events, int n, int timeout)
{
    int (*call)(int, struct epoll_event *, int, int);

    *(void **)&call = real("epoll_wait");
    strike("wait", "epoll_wait");
    return call(poller, events, n, timeout);
}

int epoll_pwait(int poller, struct epoll_event *events, int n, int timeout,
                const sigset_t *mask)
{
    int (*call)(int, struct epoll_event *, int, int, const sigset_t *);

    *(void **)&call = real("epoll_pwait");
    strike("wait", "epoll_pwait");
    return call(poller, events, n, timeout, mask);
}

int accept(int sock, void *addr, unsigned *len)
{
    int (*call)(int, void *, unsigned *);

    *(void **)&call = real("accept");
    strike("wait", "accept");
    return call(sock, addr, len);
}

int accept4(int sock, void *addr, unsigned *len, int flags)
{
    int (*call)(int, void *, unsigned *, int);

    *(void **)&call = real("accept4");
    strike("wait", "accept4");
    return call(sock, addr, len, flags);
}
