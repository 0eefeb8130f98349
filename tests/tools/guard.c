/*
 * guard.c - run a program that nobody may trust, and outlive it.
 *
 *     guard [-t SECONDS] [-o BYTES] [-n FILES] [-r REPORT] [-p] PROGRAM [ARG]...
 *
 *     -t  how long it may run by the wall clock (default 30)
 *     -o  how much it may say on stdout and stderr together (default 1 MiB)
 *     -n  how many descriptors it may hold (RLIMIT_NOFILE)
 *     -p  it may keep our privileges: we trust it after all
 *     -r  a file that tells what happened, a line each as it happens:
 *             4711 4712         process ids of guard and of the program, which is
 *                               also the program's process group and session
 *             exit 0            how it ended: or "signal 11 Segmentation fault",
 *                               "timeout 30", "output 1048576", "ended" (guard
 *                               was told to end), "error ..." (guard's own)
 *             left 0            processes that it left running for over 1 s
 *
 * The program gets stdin, two pipes as stdout and stderr, no other descriptor,
 * default signals, a session of its own, no core file and no other above 100 MB,
 * the environment that anybody has, and on Linux no privileges of root.  When it
 * ends, whatever it left running is killed too.
 *
 * If JAIL in the environment names a root directory (see cell.c), the program
 * is locked up there: it sees no file but those, no process but its own, and
 * uses a gigabyte of memory and 4000 processes at most ("memory 1073741824").
 * Its working directory is an empty one; if GUARD_SHARES is set it is ours, but
 * for the files named there, which it sees empty and cannot change.
 *
 * If GUARD_USER is set (and JAIL is not), root runs the program as that user.
 *
 * Exit status: the program's; 128 + N after signal N; 123 too much output;
 * 124 too slow; 125 guard failed; 127 the program cannot be run.
 */
#ifdef __linux__
#define _GNU_SOURCE /* setns(), memfd_create() */
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "jail.h"
#endif

enum { WAITING = 1 << 20 }; /* bytes that may wait for a reader */
enum { LARGEST_FILE = 100000000 }; /* bytes */
enum { TOO_MUCH = 123, TOO_SLOW = 124, GUARD_FAILED = 125, CANNOT_RUN = 127 };

/* What one of the program's two pipes has brought and nobody has taken yet. */
struct relay {
    int from, to; /* -1 when closed */
    size_t piece; /* as much as a write to `to` takes without blocking */
    char *bytes;
    size_t start, end, room; /* bytes[start..end) wait to be handed on */
};

static struct {
    double seconds;
    size_t output;
    rlim_t files;
    int report;
    bool trusted;
} options = {.seconds = 30, .output = 1 << 20, .report = -1};

static pid_t program;
static const char *jail; /* its root directory, or NULL */
static volatile sig_atomic_t told_to_end;
static int wake[2]; /* a pipe: a signal writes to it, so poll() sees it */

/* Append a line to the report, at once and whole. */
static void report(const char *format, ...)
{
    char line[256];
    va_list args;

    if (options.report == -1)
        return;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (len > (int)sizeof line - 2)
        len = (int)sizeof line - 2;
    line[len++] = '\n';
    if (write(options.report, line, (size_t)len) != len)
        _exit(GUARD_FAILED);
}

/* Say that guard itself failed at WHAT, and end with STATUS. */
static void fail(const char *what, int status)
{
    int error = errno;

    fprintf(stderr, "guard: %s: %s\n", what, strerror(error));
    report("error %s: %s", what, strerror(error));
    if (program > 0)
        kill(-program, SIGKILL);
    _exit(status);
}

/* Return the seconds that a clock shows which nobody sets. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_signal(int signo)
{
    int error = errno;

    if (signo != SIGCHLD)
        told_to_end = 1;
    if (write(wake[1], "", 1) == -1) {
        /* it is full: poll() will see it anyway */
    }
    errno = error;
}

/* Close every descriptor from LOWEST up but KEPT. */
static void close_from(int lowest, int kept)
{
    DIR *dir = opendir("/dev/fd");
    long most = sysconf(_SC_OPEN_MAX);

    if (dir) { /* some are closed twice or while we look: harmless */
        int open[4096], n = 0;
        struct dirent *entry;
        while ((entry = readdir(dir)) && n < 4096)
            open[n++] = atoi(entry->d_name);
        closedir(dir);
        while (n-- > 0)
            if (open[n] >= lowest && open[n] != kept)
                close(open[n]);
        return;
    }
    for (int fd = lowest; fd < most; fd++)
        if (fd != kept)
            close(fd);
}

/* Take from the child what it needs no privilege for (capabilities(7)). */
static void drop_privileges(void)
{
#ifdef __linux__
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
        ;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* if guard is killed */
#endif
}

static void limit(int resource, rlim_t most)
{
    struct rlimit l = {most, most};

    if (setrlimit(resource, &l) == -1)
        fail("setrlimit", GUARD_FAILED);
}

/* In the child, if we are root: be the user that GUARD_USER names, if any. */
static void become_user(void)
{
    const char *user = getenv("GUARD_USER");

    if (user == NULL || jail || geteuid() != 0)
        return;
    uid_t uid = (uid_t)strtoul(user, NULL, 10);
    if (setgroups(0, NULL) == -1 || setgid((gid_t)uid) == -1 ||
        setuid(uid) == -1)
        fail("setuid", GUARD_FAILED);
}

/* Leave in the environment what a program may expect, and nothing of ours. */
static void clean_environment(void)
{
    static const char *const kept[] = {"PATH=",
                                       "HOME=",
                                       "USER=",
                                       "LOGNAME=",
                                       "SHELL=",
                                       "TERM=",
                                       "TZ=",
                                       "TMPDIR=",
                                       "LANG",
                                       "LC_",
                                       "ASAN_OPTIONS=",
                                       "UBSAN_OPTIONS=",
                                       "LSAN_OPTIONS=",
                                       "TSAN_OPTIONS=",
                                       "CPATH=",
                                       "LIBRARY_PATH=",
                                       "LD_LIBRARY_PATH=",
                                       "SDKROOT=",
                                       "DEVELOPER_DIR=",
                                       NULL};
    extern char **environ;
    char **to = environ;

    for (char **from = environ; from && *from; from++)
        for (int i = 0; kept[i]; i++)
            if (strncmp(*from, kept[i], strlen(kept[i])) == 0) {
                *to++ = *from;
                break;
            }
    if (to)
        *to = NULL;
}

#ifdef __linux__
enum { PROCESSES = 4000, MEMORY = 1 << 30 };

static pid_t first; /* process 1 of the jail */
static int hold =
    -1; /* a pipe: when we close it, `first` waits for the others */
static int inner[3]; /* the jail's namespaces: user, ipc, mnt */
static const int kinds[3] = {CLONE_NEWUSER, CLONE_NEWIPC, CLONE_NEWNS};

/* In the directory HERE hide the files that the caller named. */
static void hide_files(const char *here)
{
    char *names = getenv("GUARD_SHARES"), path[4200];

    for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
        snprintf(path, sizeof path, "%s/%s", here, name);
        if (access(path, F_OK) == 0 && show(JAIL "/empty", path) == -1)
            fail(path, GUARD_FAILED);
    }
}

/*
 * Process 1 of the jail: furnish it, say READY, and reap those that lose their
 * parents.  When HELD ends, end after the last of them.
 */
static void live_in_jail(uid_t uid, gid_t gid, int ready, int held)
{
    const char *size = "size=100m,nr_inodes=4k,mode=1777";
    const unsigned long flags = MS_NOSUID | MS_NODEV;
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 1); /* so that /proc/self is ours */
    if (keep_ids(uid, gid) == -1)
        fail("uid_map", GUARD_FAILED);
    /* Only a mount of our own can become the root. */
    if (mount(jail, jail, NULL, MS_BIND | MS_REC, NULL) == -1 ||
        mount("proc", JAIL "/proc", "proc", flags | MS_NOEXEC, NULL) == -1 ||
        mount("none", JAIL "/tmp", "tmpfs", flags, size) == -1 ||
        show("/etc/hosts", JAIL "/etc/hosts") == -1)
        fail("mount", GUARD_FAILED);
    tell_kernel(JAIL "/proc/sys/user/max_user_namespaces", "0");
    if (getenv("GUARD_SHARES")) {
        if (mount(".", JAIL "/here", NULL, MS_BIND, NULL) == -1)
            fail(JAIL "/here", GUARD_FAILED);
        hide_files(JAIL "/here");
    }
    if (make_root(jail) == -1)
        fail("pivot_root", GUARD_FAILED);
    prctl(PR_SET_DUMPABLE, 0); /* nobody looks into us */
    signal(SIGCHLD, SIG_IGN);
    for (int fd = 0; fd < 64; fd++)
        if (fd != ready && fd != held)
            close(fd);
    if (write(ready, "", 1) != 1)
        _exit(GUARD_FAILED);
    close(ready);
    while (read(held, &byte, 1) == -1 && errno == EINTR)
        ;
    while (wait(NULL) != -1 || errno == EINTR)
        ;
    _exit(0);
}

/* Make the jail; our next child is one of its processes. */
static void make_jail(void)
{
    static const char *const names[3] = {"user", "ipc", "mnt"};
    int ready[2], held[2];
    uid_t uid = geteuid(); /* asked before it is another one's namespace */
    gid_t gid = getegid();
    char byte, path[64];

    if (pipe(ready) == -1 || pipe(held) == -1)
        fail("pipe", GUARD_FAILED);
    first = (pid_t)syscall(SYS_clone,
                           SIGCHLD | CLONE_NEWUSER | CLONE_NEWPID |
                               CLONE_NEWNS | CLONE_NEWIPC,
                           0, 0, 0, 0);
    if (first == -1)
        fail("clone", GUARD_FAILED);
    if (first == 0) {
        close(held[1]);
        live_in_jail(uid, gid, ready[1], held[0]);
    }
    close(ready[1]);
    close(held[0]);
    hold = held[1];
    fcntl(hold, F_SETFD, FD_CLOEXEC);
    if (read(ready[0], &byte, 1) != 1)
        exit(GUARD_FAILED); /* it has said why */
    close(ready[0]);
    snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)first);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || setns(fd, CLONE_NEWPID) == -1)
        fail(path, GUARD_FAILED);
    close(fd);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)first, names[i]);
        inner[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (inner[i] == -1)
            fail(path, GUARD_FAILED);
    }
}

/*
 * A file as stdin could be opened again through /proc/self/fd, and be changed:
 * give the program a copy that cannot.
 */
static void seal_stdin(void)
{
    struct stat about;

    if (fstat(STDIN_FILENO, &about) == -1 || !S_ISREG(about.st_mode))
        return;
    int fd = memfd_create("in", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    char buf[65536];
    ssize_t n;
    if (fd == -1)
        fail("memfd_create", GUARD_FAILED);
    while ((n = read(STDIN_FILENO, buf, sizeof buf)) > 0)
        if (write(fd, buf, (size_t)n) != n)
            fail("write", GUARD_FAILED);
    if (n == -1 || lseek(fd, 0, SEEK_SET) == -1 ||
        fcntl(fd, F_ADD_SEALS,
              F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == -1 ||
        dup2(fd, STDIN_FILENO) == -1)
        fail("stdin", GUARD_FAILED);
}

/*
 * Some sockets reach beyond any namespace (vsock(7): the machine that this one
 * is a guest of), and some calls can do what they like: refuse them (seccomp(2);
 * its numbers stand here because not every libc has its headers).
 */
static void forbid_strange_calls(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
#ifdef __x86_64__
    enum { ARCH = (int)0xc000003eu };
#else
    enum { ARCH = (int)0xc00000b7u };
#endif
    enum { LOAD = 0x20, EQUAL = 0x15, ABOVE = 0x35, RETURN = 0x06 };
    enum { NUMBER = 0, ARCHITECTURE = 4, FAMILY = 16 };
    const unsigned allow = 0x7fff0000, refuse = 0x00050000;
    struct step {
        unsigned short code;
        unsigned char yes, no; /* how many steps to leave out */
        unsigned k;
    } steps[] = {
        {LOAD, 0, 0, ARCHITECTURE},
        {EQUAL, 0, 13, (unsigned)ARCH},
        {LOAD, 0, 0, NUMBER},
        {ABOVE, 11, 0, 0x40000000}, /* x32 */
        {EQUAL, 10, 0, SYS_bpf},
        {EQUAL, 9, 0, SYS_perf_event_open},
        {EQUAL, 8, 0, SYS_add_key},
        {EQUAL, 7, 0, SYS_keyctl},
        {EQUAL, 6, 0, 425}, /* io_uring_setup, which makes sockets too */
        {EQUAL, 0, 6, SYS_socket},
        {LOAD, 0, 0, FAMILY},
        {EQUAL, 4, 0, AF_UNIX},
        {EQUAL, 3, 0, AF_INET},
        {EQUAL, 2, 0, AF_INET6},
        {EQUAL, 1, 0, 16}, /* AF_NETLINK: a resolver asks for addresses */
        {RETURN, 0, 0, refuse | EAFNOSUPPORT},
        {RETURN, 0, 0, allow},
    };
    struct {
        unsigned short count;
        struct step *steps;
    } program = {sizeof steps / sizeof *steps, steps};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
        prctl(22 /* PR_SET_SECCOMP */, 2, &program) == -1)
        fail("seccomp", GUARD_FAILED);
#endif
}

/* In the child: go in, for good. */
static void enter_jail(void)
{
    seal_stdin();
    for (int i = 0; i < 3; i++)
        if (setns(inner[i], kinds[i]) == -1)
            fail("setns", GUARD_FAILED);
    if (chdir(getenv("GUARD_SHARES") ? "/here" : "/tmp") == -1)
        fail("chdir", GUARD_FAILED);
    setenv("HOME", "/tmp", 1);
    unsetenv("TMPDIR");
    tell_kernel("/proc/self/oom_score_adj", "1000");
    forbid_strange_calls();
}

/* Return how much memory is in use in jails (in those beside ours, too). */
static long memory_in_use(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    long sum = 0;

    while (proc && (entry = readdir(proc))) {
        char path[300], text[4096];
        snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        int fd = *entry->d_name >= '1' && *entry->d_name <= '9'
                     ? open(path, O_RDONLY | O_CLOEXEC)
                     : -1;
        if (fd == -1)
            continue;
        ssize_t n = read(fd, text, sizeof text - 1);
        close(fd);
        text[n > 0 ? n : 0] = '\0';
        char *ids = strstr(text, "\nNSpid:"),
             *anon = strstr(text, "\nRssAnon:"),
             *shmem = strstr(text, "\nRssShmem:");
        int outer, nested;
        if (ids && anon && shmem &&
            sscanf(ids, "\nNSpid: %d %d", &outer, &nested) == 2)
            sum += strtol(anon + 9, NULL, 10) + strtol(shmem + 10, NULL, 10);
    }
    if (proc)
        closedir(proc);
    return sum * 1024;
}
#endif

/* In the child: become ARGV with OUT and ERR as stdout and stderr. */
static void become(char *argv[], int out, int err, int number)
{
    pid_t ids[2]; /* guard's and ours: in a jail we would see others */

    setsid();
    if (read(number, ids, sizeof ids) != sizeof ids)
        _exit(GUARD_FAILED);
    report("%ld %ld", (long)ids[0], (long)ids[1]);
    for (int signo = 1; signo < 32; signo++)
        signal(signo, SIG_DFL);
    if (dup2(out, STDOUT_FILENO) == -1 || dup2(err, STDERR_FILENO) == -1)
        fail("dup2", GUARD_FAILED);
#ifdef __linux__
    if (jail)
        enter_jail();
#endif
    become_user();
    if (!options.trusted)
        drop_privileges();
    close_from(3, options.report); /* which closes itself at exec */
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, LARGEST_FILE);
    if (options.files)
        limit(RLIMIT_NOFILE, options.files);
#ifdef __linux__
    if (jail || getenv("GUARD_USER"))
        limit(RLIMIT_NPROC, PROCESSES);
#endif
    clean_environment();
    execvp(argv[0], argv);
    fail(argv[0], CANNOT_RUN);
}

/*
 * Move what PIPE has brought into its buffer; at its end, close it.  Returns
 * how many bytes came.  Bytes that nobody reads are kept up to WAITING only.
 */
static size_t take(struct relay *pipe)
{
    if (pipe->start == pipe->end)
        pipe->start = pipe->end = 0;
    if (pipe->room - pipe->end < 65536) {
        pipe->room = 2 * pipe->room + 65536;
        pipe->bytes = realloc(pipe->bytes, pipe->room);
        if (pipe->bytes == NULL)
            fail("realloc", GUARD_FAILED);
    }
    ssize_t n = read(pipe->from, pipe->bytes + pipe->end, 65536);
    if (n > 0) {
        if (pipe->end - pipe->start < WAITING)
            pipe->end += (size_t)n;
        return (size_t)n;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(pipe->from);
        pipe->from = -1;
    }
    return 0;
}

/* Hand on what waits in PIPE; called when its reader has room. */
static void give(struct relay *pipe)
{
    size_t len = pipe->end - pipe->start;
    ssize_t n = write(pipe->to, pipe->bytes + pipe->start,
                      len < pipe->piece ? len : pipe->piece);

    if (n > 0) {
        pipe->start += (size_t)n;
    } else if (n == -1 && errno != EINTR && errno != EAGAIN) {
        pipe->to = -1; /* nobody reads it any more */
        pipe->start = pipe->end;
    }
}

/*
 * Wait up to SECONDS for output, room for output, a signal or a child's end,
 * and relay what can be relayed.  Returns how many bytes came.
 */
static size_t relay(struct relay pipes[2], double seconds)
{
    struct pollfd fds[5] = {[4] = {.fd = wake[0], .events = POLLIN}};
    char woken[64];
    size_t taken = 0;

    for (int i = 0; i < 2; i++) {
        bool waits = pipes[i].start < pipes[i].end && pipes[i].to != -1;
        fds[i] = (struct pollfd){.fd = pipes[i].from, .events = POLLIN};
        fds[2 + i] =
            (struct pollfd){.fd = waits ? pipes[i].to : -1, .events = POLLOUT};
    }
    if (poll(fds, 5, seconds > 0 ? (int)(seconds * 1000) + 1 : 0) <= 0)
        return 0;
    if (fds[4].revents && read(wake[0], woken, sizeof woken) == -1 &&
        errno != EAGAIN && errno != EINTR)
        fail("read", GUARD_FAILED);
    for (int i = 0; i < 2; i++) {
        if (fds[i].revents)
            taken += take(&pipes[i]);
        if (fds[2 + i].revents)
            give(&pipes[i]);
    }
    return taken;
}

/* Kill every child of guard: on Linux also those it got by inheritance. */
static void kill_children(void)
{
    kill(-program, SIGKILL);
#ifdef __linux__
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    while (proc && (entry = readdir(proc))) {
        char path[300], stat[512] = "";
        int parent = 0;

        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        int fd = open(path, O_RDONLY);
        if (fd == -1)
            continue;
        ssize_t n = read(fd, stat, sizeof stat - 1);
        close(fd);
        char *name_end = n > 0 ? strrchr(stat, ')') : NULL;
        if (name_end && sscanf(name_end, ") %*c %d", &parent) == 1 &&
            parent == getpid())
            kill(atoi(entry->d_name), SIGKILL);
    }
    if (proc)
        closedir(proc);
#endif
}

/* Reap what has ended.  Returns whether a child is left; *STATUS of program. */
static bool reap(int *status, bool *ended)
{
    pid_t pid;
    int s;

    while ((pid = waitpid(-1, &s, WNOHANG)) > 0)
        if (pid == program) {
            *status = s;
            *ended = true;
        }
    return pid == 0;
}

/* Watch the program to its end.  Returns guard's exit status. */
static int watch(struct relay pipes[2])
{
    double start = now(), next = start + 0.05;
    size_t said = 0;
    int status = 0, verdict = -1;
    bool ended = false, any = true;

    while (verdict == -1) {
        any = reap(&status, &ended);
        if (ended) {
            verdict = WIFEXITED(status) ? WEXITSTATUS(status)
                                        : 128 + WTERMSIG(status);
            if (WIFEXITED(status))
                report("exit %d", verdict);
            else
                report("signal %d %s", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
        } else if (told_to_end) {
            verdict = 128 + SIGTERM;
            report("ended");
        } else if (now() - start > options.seconds) {
            verdict = TOO_SLOW;
            report("timeout %g", options.seconds);
        } else if (said > options.output) {
            verdict = TOO_MUCH;
            report("output %zu", options.output);
#ifdef __linux__
        } else if (jail && now() > next) {
            double before = now();
            if (memory_in_use() > MEMORY) {
                verdict = TOO_MUCH;
                report("memory %d", MEMORY);
            }
            next = now() + 0.05 + 10 * (now() - before);
#endif
        } else {
            double end = start + options.seconds;
            said += relay(pipes, (jail && next < end ? next : end) - now());
        }
    }
#ifdef __linux__
    if (jail)
        close(hold);
#endif
    /* A second for what is ending anyway, then no mercy. */
    for (double grace = now() + 1; ended && any && now() < grace;) {
        if (told_to_end)
            break;
        relay(pipes, 0.01);
        any = reap(&status, &ended);
    }
    int left = ended && any;
    while (any) {
        kill_children();
        relay(pipes, 0.002);
        any = reap(&status, &ended);
    }
    report("left %d", left);
    return verdict;
}

/* Hand on what is left in the pipes, for as long as somebody takes it. */
static void flush(struct relay pipes[2])
{
    double patience = now() + 5;

    for (int i = 0; i < 2; i++)
        while (pipes[i].from != -1 && take(&pipes[i]) > 0)
            ;
    while ((pipes[0].start < pipes[0].end || pipes[1].start < pipes[1].end) &&
           !told_to_end && now() < patience)
        relay(pipes, 0.1);
}

/* The pipe FROM, whose bytes go to the descriptor TO. */
static struct relay new_relay(int from, int to)
{
    struct stat about;
    bool file = fstat(to, &about) == 0 && S_ISREG(about.st_mode);

    fcntl(from, F_SETFL, O_NONBLOCK);
    /* After POLLOUT a pipe takes PIPE_BUF bytes; a file takes what it gets. */
    return (struct relay){.from = from, .to = to, .piece = file ? 65536 : 512};
}

/* Return the number in TEXT, or end with status 125 if it is none. */
static double number(const char *text)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || *end != '\0' || n <= 0) {
        fprintf(stderr, "guard: %s: not a number above 0\n", text);
        exit(GUARD_FAILED);
    }
    return n;
}

static void read_options(int argc, char *argv[])
{
    int c;

    while ((c = getopt(argc, argv, "+t:o:n:r:p")) != -1) {
        if (c == 't') {
            options.seconds = number(optarg);
        } else if (c == 'o') {
            options.output = (size_t)number(optarg);
        } else if (c == 'n') {
            options.files = (rlim_t)number(optarg);
        } else if (c == 'p') {
            options.trusted = true;
        } else if (c == 'r') {
            options.report =
                open(optarg,
                     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
            if (options.report == -1)
                fail(optarg, GUARD_FAILED);
        } else {
            exit(GUARD_FAILED);
        }
    }
    if (optind == argc) {
        fprintf(stderr, "usage: guard [-t SECONDS] [-o BYTES] [-n FILES] "
                        "[-r REPORT] [-p] PROGRAM [ARG]...\n");
        exit(GUARD_FAILED);
    }
}

/* Let a signal wake poll(), and those that end others end guard in order. */
static void catch_signals(void)
{
    const int caught[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t none;

    if (pipe(wake) == -1)
        fail("pipe", GUARD_FAILED);
    for (int i = 0; i < 2; i++) {
        fcntl(wake[i], F_SETFL, O_NONBLOCK);
        fcntl(wake[i], F_SETFD, FD_CLOEXEC);
    }
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaction(caught[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int argc, char *argv[])
{
    int out[2], err[2], number[2];

    read_options(argc, argv);
    catch_signals();
    jail = getenv("JAIL");
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* if the test is killed */
#endif
#ifdef __linux__
    if (jail)
        make_jail();
#endif
    if (pipe(out) == -1 || pipe(err) == -1 || pipe(number) == -1)
        fail("pipe", GUARD_FAILED);
    program = fork();
    if (program == -1)
        fail("fork", GUARD_FAILED);
    if (program == 0)
        become(argv + optind, out[1], err[1], number[0]);
    pid_t ids[2] = {getpid(), program};
    if (write(number[1], ids, sizeof ids) != sizeof ids)
        fail("write", GUARD_FAILED);
    close(number[0]);
    close(number[1]);
    close(out[1]);
    close(err[1]);

    struct relay pipes[2] = {
        new_relay(out[0], STDOUT_FILENO),
        new_relay(err[0], STDERR_FILENO),
    };
    int verdict = watch(pipes);
    flush(pipes);
    return verdict;
}
