/*
 * hurry.c - let a program's first long wait end early, as if its timeout were over.
 *
 *     hurry PROGRAM [ARG]...       run PROGRAM, and hurry it
 *     hurry -c                     can we? (exit status 0)
 *
 * A server that waits with a timeout of 5 seconds would have to be watched for
 * longer than that, to see what it does afterwards.  So we run it from one
 * system call to the next (ptrace(2)), and shorten the timeout of select(),
 * poll() or epoll_wait() to 20 ms whenever the call before that did not time
 * out; the next wait takes as long as the program asks for.  A program that
 * wakes up now and then sleeps again; one whose timeout was counted down to 0
 * (select() on Linux), or that takes silence for the end, shows it immediately.
 * A limit for recv() or send() (SO_RCVTIMEO, SO_SNDTIMEO) of more than 0.4 s is
 * set to 0.4 s.
 *
 * Suites 04 to 11 and 13 use it: see `hurried` in tests/helpers/watch.bash.
 *
 * Exit status: PROGRAM's, or 128 + the signal that killed it; 2 usage; 126 this
 * system does not let us trace, or we do not know its registers.
 */
#ifdef __linux__
#define _GNU_SOURCE /* __WALL, process_vm_readv() */
#endif
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <elf.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#endif

enum { USAGE = 2, FAILED = 3, NOT_ALLOWED = 126 };

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
enum { EARLY_NS = 20000000, LIMIT_US = 400000, THREADS = 4096 };

/* What we know of one thread. */
struct thread {
    pid_t id;
    int inside; /* a system call */
    int timed_out; /* its last wait did */
    int early; /* this wait ends early; if its timeout is in memory: */
    unsigned long at; /* where, */
    long before[2]; /* and what it was */
};

static struct thread threads[THREADS];

/* The registers that matter: the number of the call, its arguments, its result. */
struct registers {
#ifdef __x86_64__
    struct user_regs_struct all;
#else
    struct user_pt_regs all;
#endif
};

static int get(pid_t id, struct registers *r)
{
    struct iovec whole = {&r->all, sizeof r->all};

    return ptrace(PTRACE_GETREGSET, id, NT_PRSTATUS, &whole) == -1 ? -1 : 0;
}

static void set(pid_t id, struct registers *r)
{
    struct iovec whole = {&r->all, sizeof r->all};

    ptrace(PTRACE_SETREGSET, id, NT_PRSTATUS, &whole);
}

static long number_of(const struct registers *r)
{
#ifdef __x86_64__
    return (long)r->all.orig_rax;
#else
    return (long)r->all.regs[8];
#endif
}

static long result_of(const struct registers *r)
{
#ifdef __x86_64__
    return (long)r->all.rax;
#else
    return (long)r->all.regs[0];
#endif
}

/* The argument number N, counted from 1. */
static unsigned long long *argument(struct registers *r, int n)
{
#ifdef __x86_64__
    unsigned long long *const all[] = {
        (void *)&r->all.rdi, (void *)&r->all.rsi, (void *)&r->all.rdx,
        (void *)&r->all.r10, (void *)&r->all.r8,
    };
    return all[n - 1];
#else
    return (void *)&r->all.regs[n - 1];
#endif
}

/* Read, or write, the two words at AT: seconds and a fraction. */
static int peek(pid_t id, unsigned long at, long words[2])
{
    struct iovec here = {words, 2 * sizeof *words};
    struct iovec there = {(void *)at, 2 * sizeof *words};

    return process_vm_readv(id, &here, 1, &there, 1, 0) == (ssize_t)here.iov_len
               ? 0
               : -1;
}

static void poke(pid_t id, unsigned long at, const long words[2])
{
    for (int i = 0; i < 2; i++)
        ptrace(PTRACE_POKEDATA, id,
               (void *)(at + (unsigned long)i * sizeof *words),
               (void *)words[i]);
}

/*
 * Where the call NUMBER has its timeout.  Returns the number of the argument, or
 * 0 if it does not wait with one; the milliseconds, or a pointer to seconds and
 * a fraction of which A_SECOND make one.
 */
static int timeout_of(long number, long *a_second)
{
    *a_second = 0;
    switch (number) {
#ifdef SYS_poll
    case SYS_poll:
        return 3;
#endif
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
        return 4;
#endif
    case SYS_epoll_pwait:
        return 4;
#ifdef SYS_select
    case SYS_select:
        *a_second = 1000000;
        return 5;
#endif
    case SYS_pselect6:
        *a_second = 1000000000;
        return 5;
    case SYS_ppoll:
        *a_second = 1000000000;
        return 3;
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2:
        *a_second = 1000000000;
        return 4;
#endif
    default:
        return 0;
    }
}

/* Thread T is about to make a call. */
static void enter(struct thread *t)
{
    struct registers r;
    long a_second, early[2] = {0, 0};

    t->early = 0;
    t->at = 0;
    if (get(t->id, &r) == -1)
        return;
    int nth = timeout_of(number_of(&r), &a_second);
    if (number_of(&r) == SYS_setsockopt && *argument(&r, 2) == SOL_SOCKET &&
        (*argument(&r, 3) == SO_RCVTIMEO || *argument(&r, 3) == SO_SNDTIMEO) &&
        *argument(&r, 5) >= sizeof early) {
        t->at = (unsigned long)*argument(&r, 4);
        early[1] = LIMIT_US;
        if (peek(t->id, t->at, t->before) == -1 ||
            (t->before[0] == 0 && t->before[1] <= LIMIT_US))
            t->at = 0;
        else
            poke(t->id, t->at, early);
        return;
    }
    if (nth == 0 || t->timed_out)
        return;
    if (a_second == 0) {
        int ms = (int)*argument(&r, nth);
        t->early = ms > EARLY_NS / 1000000;
        if (t->early) {
            *argument(&r, nth) = EARLY_NS / 1000000;
            set(t->id, &r);
        }
        return;
    }
    t->at = (unsigned long)*argument(&r, nth);
    early[1] = EARLY_NS / (1000000000 / a_second);
    if (t->at == 0 || peek(t->id, t->at, t->before) == -1 ||
        (t->before[0] == 0 && t->before[1] <= early[1])) {
        t->at = 0;
        return;
    }
    t->early = 1;
    poke(t->id, t->at, early);
}

/* Thread T's call has returned. */
static void leave(struct thread *t)
{
    struct registers r;
    long a_second, left[2];

    if (get(t->id, &r) == -1)
        return;
    int waited = timeout_of(number_of(&r), &a_second) != 0;
    if (waited)
        t->timed_out = result_of(&r) == 0;
    /*
     * Where the kernel has written how much is left, and it timed out, that is
     * 0, as it should be.  Otherwise the program sees what it wrote there.
     */
    if (t->at && (!t->early || !t->timed_out ||
                  (peek(t->id, t->at, left) == 0 && (left[0] || left[1]))))
        poke(t->id, t->at, t->before);
    t->at = 0;
}

static struct thread *thread_of(pid_t id)
{
    struct thread *free = NULL;

    for (int i = 0; i < THREADS; i++) {
        if (threads[i].id == id)
            return &threads[i];
        if (threads[i].id == 0 && free == NULL)
            free = &threads[i];
    }
    if (free)
        *free = (struct thread){.id = id};
    return free;
}

/* Start ARGV; it stops before its first instruction. */
static pid_t start(char *argv[])
{
    pid_t pid = fork();

    if (pid == -1)
        err(FAILED, "fork");
    if (pid > 0)
        return pid;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
        _exit(NOT_ALLOWED);
    raise(SIGSTOP);
    execv(argv[0], argv);
    warn("%s", argv[0]);
    _exit(FAILED);
}

static pid_t program;

static void pass_on(int signo)
{
    kill(program, signo);
}

/* Is thread T about to make a call?  (Since Linux 5.3 the kernel says so.) */
static int enters(struct thread *t)
{
    const int GET_SYSCALL_INFO = 0x420e;
    enum { ENTRY = 1 };
    unsigned char info[128];

    if (ptrace(GET_SYSCALL_INFO, t->id, (void *)sizeof info, info) > 0)
        t->inside = info[0] == ENTRY;
    else
        t->inside = !t->inside;
    return t->inside;
}

/* May we do so at all? */
static int may_trace(void)
{
    struct registers r;
    int status;
    pid_t pid = start((char *[]){"/", NULL});
    int may = waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
              ptrace(PTRACE_SETOPTIONS, pid, NULL,
                     (void *)(long)PTRACE_O_TRACESYSGOOD) == 0 &&
              get(pid, &r) == 0;

    kill(pid, SIGKILL);
    return may;
}

/* Follow the program, its threads and children, until it ends. */
static int trace(void)
{
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
                         PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK;
    int status;
    pid_t pid = program;

    if (waitpid(program, &status, 0) == -1 || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, program, NULL, (void *)options) == -1)
        return NOT_ALLOWED;
    for (;;) {
        struct thread *t = thread_of(pid);
        int signo = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
        if (!WIFSTOPPED(status)) {
            if (t)
                t->id = 0;
            if (pid == program && WIFEXITED(status))
                return WEXITSTATUS(status);
            if (pid == program)
                return 128 + WTERMSIG(status);
        } else {
            if (signo == (SIGTRAP | 0x80) && t)
                (enters(t) ? enter : leave)(t);
            if ((signo & 0x7f) == SIGTRAP || signo == SIGSTOP)
                signo = 0; /* ptrace's, and no signal of the program's */
            ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signo);
        }
        do
            pid = waitpid(-1, &status, __WALL);
        while (pid == -1 && errno == EINTR);
        if (pid == -1)
            return FAILED;
    }
}
#endif

int main(int argc, char *argv[])
{
    if (argc < 2)
        errx(USAGE, "usage: hurry PROGRAM [ARG]... | hurry -c");
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
    if (argc == 2 && strcmp(argv[1], "-c") == 0)
        return may_trace() ? 0 : NOT_ALLOWED;
    prctl(PR_SET_DUMPABLE, 0); /* the program has no way to us */
    program = start(argv + 1);
    signal(SIGTERM, pass_on);
    signal(SIGINT, SIG_IGN); /* the program is in our group, and gets it too */
    int status = trace();
    kill(program, SIGKILL);
    return status;
#else
    errx(NOT_ALLOWED, "this system has no such ptrace()");
#endif
}
