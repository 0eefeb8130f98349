/*
 * starve.c - does SIGTERM end a server that never finds nothing to do?
 *
 *     starve PROGRAM [ARG]...
 *
 * Runs PROGRAM, with its threads and children, from one system call to the next
 * (ptrace(2)).  Once it has printed its ready line, whose last word is an address
 * of IPv4, we are its clients: before each of its calls we see to it that clients
 * wait to be accepted and that bytes wait to be received, so whatever it asks
 * poll() about is ready.  After a while we send it SIGTERM, not while it is in a
 * call, and go on.  A program that lets the signal in only while poll() waits
 * never hears of it.
 *
 * The suites of 09 and 11 use it.
 *
 * Exit status: PROGRAM's own, or 128 + the signal that killed it; 124 it had not
 * ended 3 s after SIGTERM; 1 it ended before; 2 usage; 3 our own failure; 126
 * this system does not let us trace.
 */
#ifdef __linux__
#define _GNU_SOURCE /* __WALL */
#endif
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/ptrace.h>
#endif

enum { ENDED = 1, USAGE = 2, FAILED = 3, NOT_ENDED = 124, NOT_ALLOWED = 126 };
enum { CLIENTS = 8, WARM_UP = 200 }; /* calls before SIGTERM */

#ifdef __linux__
static struct sockaddr_in address; /* of PROGRAM; port 0 until we know it */
static int clients[CLIENTS];

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Start ARGV with OUT as its stdout; it stops before its first instruction. */
static pid_t start(char *argv[], int out)
{
    pid_t pid = fork();

    if (pid == -1)
        err(FAILED, "fork");
    if (pid > 0)
        return pid;
    if (dup2(out, STDOUT_FILENO) == -1)
        _exit(FAILED);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
        _exit(NOT_ALLOWED);
    raise(SIGSTOP);
    execv(argv[0], argv);
    warn("%s", argv[0]);
    _exit(FAILED);
}

/* Read from FD, which does not block, and find the address in the ready line. */
static void find_address(int fd)
{
    static char text[4096];
    static size_t len;
    ssize_t n = read(fd, text + len, sizeof text - 1 - len);

    len += n > 0 ? (size_t)n : 0;
    char *end = strchr(text, '\n');
    if (end == NULL)
        return;
    *end = '\0';
    char *host = strrchr(text, ' '), *port = strrchr(text, ':');
    if (host == NULL || port == NULL || port < host)
        errx(FAILED, "the ready line has no address: %s", text);
    *port = '\0';
    if (inet_pton(AF_INET, host + 1, &address.sin_addr) != 1)
        errx(FAILED, "not an address of IPv4: %s", host + 1);
    address.sin_family = AF_INET;
    address.sin_port = htons((in_port_t)atoi(port + 1));
}

/* Connect client I anew, without waiting. */
static void connect_client(int i)
{
    if (clients[i] > 0)
        close(clients[i]);
    clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (clients[i] == -1)
        err(FAILED, "socket");
    connect(clients[i], (struct sockaddr *)&address, sizeof address);
}

/* Have clients wait to be accepted and bytes to be received, and read replies. */
static void keep_busy(void)
{
    static unsigned turn;
    char replies[65536];

    connect_client((int)(turn++ % CLIENTS));
    for (int i = 0; i < CLIENTS; i++) {
        if (clients[i] <= 0)
            continue;
        while (recv(clients[i], replies, sizeof replies, 0) > 0)
            ;
        send(clients[i], "PING\r\n", 6, MSG_NOSIGNAL);
    }
}

static void wake_up(int signo) /* interrupts waitpid() */
{
    (void)signo;
}

/*
 * Trace whatever has stopped, again and again, until PROGRAM ends.  Returns the
 * exit status of starve.
 */
static int trace(pid_t program, int fd)
{
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
                         PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK;
    const struct sigaction waking = {.sa_handler = wake_up};
    const double began = now();
    double told = 0; /* when we have sent SIGTERM */
    int status, calls = 0;

    if (waitpid(program, &status, 0) == -1 || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, program, NULL, (void *)options) == -1)
        return NOT_ALLOWED;
    sigaction(SIGALRM, &waking, NULL);
    for (pid_t pid = program;; pid = waitpid(-1, &status, __WALL)) {
        if (pid == -1 && errno != EINTR)
            return ENDED;
        if (pid == program && WIFEXITED(status))
            return told > 0 ? WEXITSTATUS(status) : ENDED;
        if (pid == program && WIFSIGNALED(status))
            return told > 0 ? 128 + WTERMSIG(status) : ENDED;
        if (told == 0 && (calls >= WARM_UP || now() > began + 5)) {
            kill(program, SIGTERM);
            told = now();
        }
        if (told > 0 && now() > told + 3)
            return NOT_ENDED;
        alarm(1); /* if all of it sleeps, look at the time all the same */
        if (pid == -1 || !WIFSTOPPED(status))
            continue;
        int signo = WSTOPSIG(status), in_call = signo == (SIGTRAP | 0x80);
        if (in_call && address.sin_port == 0)
            find_address(fd);
        if (in_call && address.sin_port != 0) {
            keep_busy();
            calls++;
        }
        if (in_call || signo == SIGTRAP || signo == SIGSTOP)
            signo = 0; /* of ptrace's, not for the program */
        ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signo);
    }
}
#endif

int main(int argc, char *argv[])
{
    if (argc < 2)
        errx(USAGE, "usage: starve PROGRAM [ARG]...");
#ifdef __linux__
    int ends[2];

    if (pipe(ends) == -1 || fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1)
        err(FAILED, "pipe");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_DUMPABLE, 0); /* PROGRAM has no way to what we print */
    pid_t program = start(argv + 1, ends[1]);
    signal(SIGTERM, SIG_IGN); /* it may send that to its group, and so to us */
    close(ends[1]);
    int status = trace(program, ends[0]);
    kill(program, SIGKILL);
    return status;
#else
    errx(NOT_ALLOWED, "this system has no such ptrace()");
#endif
}
