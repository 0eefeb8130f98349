/*
 * modes.c - which modes does a file have, from its first moment on?
 *
 *     modes [-e] PATH PROGRAM [ARG]...
 *
 * Runs PROGRAM from one system call to the next (ptrace(2)), with its threads
 * and children, until it has printed a line on stdout.  After each call it looks
 * at the file PATH, and prints its mode ("755") whenever that has changed; at
 * the line, "refused" if it is a socket file that nobody listens on.
 * Then PROGRAM is killed; or with -e it gets SIGTERM, before it can make
 * another call, and may end; how it ends is the last line that is printed:
 * "ended exit 0", or "ended signal 15 Terminated".  So no moment between two
 * calls goes by unseen.
 *
 * The suites of 06, 09 and 11 use it (is_prepared).  PROGRAM's exit status never
 * becomes ours, and it has no way to our stdout: so it cannot pretend that this
 * system does not let us trace it.
 *
 * Exit status: 0 it printed a line (and with -e, it ended); 1 it ended before;
 * 2 usage; 3 modes failed; 126 this system does not let us trace.
 */
#ifdef __linux__
#define _GNU_SOURCE /* __WALL */
#endif
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/ptrace.h>
#endif

enum { ENDED = 1, USAGE = 2, FAILED = 3, NOT_ALLOWED = 126 };

#ifdef __linux__
/*
 * Start ARGV with OUT as its stdout.  Returns its process id; it stops before its
 * first instruction, or ends if it cannot be traced.
 */
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

/* Print the mode of PATH if there is such a file, and it has a new mode. */
static void look_at(const char *path)
{
    static unsigned before = ~0u;
    struct stat file;

    if (lstat(path, &file) == 0 && (file.st_mode & 07777) != before) {
        before = file.st_mode & 07777;
        printf("%03o\n", before);
    }
}

/* Print "refused" if PATH is a socket file that nobody listens on. */
static void knock_at(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct stat file;

    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
    if (lstat(path, &file) == 0 && S_ISSOCK(file.st_mode) &&
        connect(sock, (struct sockaddr *)&addr, sizeof addr) == -1 &&
        errno == ECONNREFUSED)
        printf("refused\n");
    close(sock);
}

/* Return whether a line has arrived from FD, which does not block. */
static int line_arrived(int fd)
{
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof bytes);

    return n > 0 && memchr(bytes, '\n', (size_t)n) != NULL;
}

/* Print how a program has ended by STATUS.  Returns our exit status for it. */
static int print_end(int status)
{
    if (WIFEXITED(status))
        printf("ended exit %d\n", WEXITSTATUS(status));
    else
        printf("ended signal %d %s\n", WTERMSIG(status),
               strsignal(WTERMSIG(status)));
    return 0;
}

/*
 * Trace what has stopped, again and again, until a line arrives from FD; if END,
 * send PROGRAM SIGTERM then, and go on until it has ended.  Returns our exit
 * status.
 */
static int trace(pid_t program, int fd, const char *path, int end)
{
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
                         PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK;
    int status, told = 0;

    if (waitpid(program, &status, 0) == -1 || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, program, NULL, (void *)options) == -1)
        return NOT_ALLOWED;
    for (pid_t pid = program; pid > 0; pid = waitpid(-1, &status, __WALL)) {
        if (told && pid == program && !WIFSTOPPED(status))
            return print_end(status);
        if (!told) {
            look_at(path);
            told = line_arrived(fd);
            if (told && !end) {
                knock_at(path);
                return 0;
            }
            if (told)
                kill(program, SIGTERM);
        }
        if (!WIFSTOPPED(status))
            continue;
        int signo = WSTOPSIG(status);
        if (signo == (SIGTRAP | 0x80) || signo == SIGTRAP || signo == SIGSTOP)
            signo = 0; /* ptrace's own, not the program's */
        ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signo);
    }
    return ENDED;
}
#endif

int main(int argc, char *argv[])
{
    int end = argc > 1 && strcmp(argv[1], "-e") == 0;

    argv += end;
    if (argc - end < 3)
        errx(USAGE, "usage: modes [-e] PATH PROGRAM [ARG]...");
#ifdef __linux__
    int ends[2];

    if (pipe(ends) == -1 || fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1)
        err(FAILED, "pipe");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_DUMPABLE, 0); /* PROGRAM has no way to what we print */
    pid_t program = start(argv + 2, ends[1]);
    signal(SIGTERM, SIG_IGN); /* it may send that to its group, and so to us */
    close(ends[1]);
    int status = trace(program, ends[0], argv[1], end);
    kill(program, SIGKILL);
    return status;
#else
    errx(NOT_ALLOWED, "this system has no such ptrace()");
#endif
}
