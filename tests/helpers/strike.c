/*
 * strike.c - a signal arrives just before a send().
 *
 *     cc -shared -fPIC -o strike.so strike.c
 *     STRIKE=USR1 LD_PRELOAD=./strike.so program
 *
 * In front of PROGRAM's first call that sends, its process is sent the signal
 * (USR1, TERM or CONT).  So the handler has run when the call begins, although
 * whatever PROGRAM checks before the call has been checked already; and the
 * program is not in a call that waits.  A line on stderr says that it has
 * happened.  Nothing happens to a program that is linked statically, that has
 * threads, or whose children send.
 *
 * <sys/socket.h> is not included: its sendto() has arguments that ISO C lacks.
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

static void strike(int fd)
{
    static int struck;
    const char *name = getenv("STRIKE");
    char line[80];

    if (!is_socket(fd) || name == NULL || getpid() != program ||
        !one_thread() || struck++)
        return;
    snprintf(line, sizeof line, "SIG%s arrives just before the first send()\n",
             name);
    ssize_t (*say)(int, const void *, size_t);
    *(void **)&say = real("write");
    say(STDERR_FILENO, line, strlen(line));
    kill(program, strcmp(name, "USR1") == 0   ? SIGUSR1
                  : strcmp(name, "TERM") == 0 ? SIGTERM
                                              : SIGCONT);
}

ssize_t send(int sock, const void *buf, size_t len, int flags)
{
    ssize_t (*call)(int, const void *, size_t, int);

    *(void **)&call = real("send");
    strike(sock);
    return call(sock, buf, len, flags);
}

ssize_t sendto(int sock, const void *buf, size_t len, int flags,
               const void *addr, unsigned addr_len)
{
    ssize_t (*call)(int, const void *, size_t, int, const void *, unsigned);

    *(void **)&call = real("sendto");
    strike(sock);
    return call(sock, buf, len, flags, addr, addr_len);
}

ssize_t sendmsg(int sock, const void *message, int flags)
{
    ssize_t (*call)(int, const void *, int);

    *(void **)&call = real("sendmsg");
    strike(sock);
    return call(sock, message, flags);
}

ssize_t write(int fd, const void *buf, size_t len)
{
    ssize_t (*call)(int, const void *, size_t);

    *(void **)&call = real("write");
    strike(fd);
    return call(fd, buf, len);
}

ssize_t writev(int fd, const struct iovec *pieces, int n)
{
    ssize_t (*call)(int, const struct iovec *, int);

    *(void **)&call = real("writev");
    strike(fd);
    return call(fd, pieces, n);
}
