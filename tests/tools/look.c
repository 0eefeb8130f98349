/*
 * look.c - what a guarded program and its descendants hold, seen in /proc.
 *
 *     look GUARD                     print processes, descriptors, memory (KiB
 *                                    that no file holds)
 *     look GUARD at-most P D         wait until it holds at most P processes
 *                                    (zombies count) and D descriptors
 *     look GUARD stopped | asleep    wait until every thread is
 *     look GUARD stop | continue     make every process stop, and wait until all
 *                                    have; let them go on
 *     look GUARD sending [N]         wait until every thread is asleep, one of
 *                                    them in a call that sends or waits for
 *                                    room, as far as this user may see; a send
 *                                    or write is offered N bytes there at least
 *     look GUARD calls               print in which calls it sleeps: "accept poll"
 *     look GUARD full | roomy        let no process open one more descriptor; let
 *                                    each open as many as it may (Linux)
 *     look GUARD idle                watch for 0.04 s or more that nothing runs, nor
 *                                    wakes up again and again
 *
 * GUARD is the process id of guard: the program and its descendants are all
 * of guard's.  `look -t SECONDS` says how long to wait (5).  Exit status: 0 as
 * wanted; 1 not; 2 usage; 4 this machine has no /proc to look into.
 */
#define _GNU_SOURCE /* prlimit() */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#endif
#include <time.h>
#include <unistd.h>

enum { NOT_SO = 1, USAGE = 2, CANNOT_LOOK = 4, MANY = 32768 };

/* What all processes together are and hold at one moment. */
struct view {
    int processes, descriptors;
    int threads, running, stopped, asleep;
    unsigned long ticks, memory, naps; /* naps: how often a thread slept */
    int traced; /* threads that a tracer follows */
    int sending, unseen; /* threads in such a call; in one that we cannot see */
    unsigned long offered; /* the bytes that it sends, 0 if we cannot see */
};

static double patience = 5;
static int closely; /* look at memory and naps too, which takes longer */
static int listing; /* print the calls in which threads sleep */
static int quickly; /* find the processes as ask_kernel() does */
static int silent; /* do not say why it is not asleep */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_for(double seconds)
{
    struct timespec t = {.tv_nsec = (long)(seconds * 1e9)};

    nanosleep(&t, NULL);
}

/* Read the file PATH into TEXT.  Returns 0 if it is not there any more. */
static int read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return 0;
    size_t n = fread(text, 1, size - 1, file);
    text[n] = '\0';
    fclose(file);
    return n > 0;
}

/* Add the number behind KEY in TEXT to *SUM. */
static void add(const char *text, const char *key, unsigned long *sum)
{
    const char *found = strstr(text, key);

    if (found)
        *sum += strtoul(found + strlen(key), NULL, 10);
}

/* Which system calls send, with the number of bytes as their third argument. */
static const long sends[] = {
#ifdef SYS_sendto
    SYS_sendto,
#endif
#ifdef SYS_send
    SYS_send,
#endif
#ifdef SYS_write
    SYS_write,
#endif
    -1};

/* Which send otherwise, or wait until there is room to send. */
static const long waits[] = {
#ifdef SYS_sendmsg
    SYS_sendmsg,
    SYS_writev,
    SYS_sendmmsg,
    SYS_sendfile,
    SYS_splice,
#endif
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_ppoll
    SYS_ppoll,
#endif
#ifdef SYS_select
    SYS_select,
#endif
#ifdef SYS_pselect6
    SYS_pselect6,
#endif
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
#ifdef SYS_epoll_pwait
    SYS_epoll_pwait,
#endif
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
#ifdef SYS_io_uring_enter
    SYS_io_uring_enter,
#endif
#ifdef SYS_restart_syscall
    SYS_restart_syscall, /* a poll that was stopped and continued */
#endif
#ifdef SYS_rt_sigtimedwait
    SYS_rt_sigtimedwait, /* SIGIO tells that there is room */
    SYS_rt_sigsuspend,
#endif
#ifdef SYS_pause
    SYS_pause,
#endif
    -1};

static int among(const long *numbers, long number)
{
    while (*numbers != -1 && *numbers != number)
        numbers++;
    return *numbers != -1;
}

/* Add to VIEW in which system call a sleeping thread of process PID is. */
static void look_at_call(int pid, const char *tid, struct view *view)
{
    char path[300], text[512];
    unsigned long third;
    long number;

    snprintf(path, sizeof path, "/proc/%d/task/%.20s/syscall", pid, tid);
    if (!read_file(path, text, sizeof text) ||
        sscanf(text, "%ld %*s %*s %lx", &number, &third) != 2) {
        view->unseen++;
    } else if (among(sends, number)) {
        view->sending++;
        view->offered = third;
    } else {
        view->sending += among(waits, number);
    }
}

/* The calls in which a program of these lessons may wait, as the notes call them. */
static const struct {
    long number;
    const char *name;
} calls[] = {
#ifdef SYS_accept
    {SYS_accept, "accept"},
#endif
#ifdef SYS_accept4
    {SYS_accept4, "accept"},
#endif
#ifdef SYS_connect
    {SYS_connect, "connect"},
#endif
#ifdef SYS_recvfrom
    {SYS_recvfrom, "recv"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_sendto, "send"},
    {SYS_sendmsg, "sendmsg"},
#endif
#ifdef SYS_read
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_writev, "writev"},
    {SYS_splice, "splice"},
#endif
#ifdef SYS_poll
    {SYS_poll, "poll"},
#endif
#ifdef SYS_ppoll
    {SYS_ppoll, "poll"},
#endif
#ifdef SYS_select
    {SYS_select, "select"},
#endif
#ifdef SYS_pselect6
    {SYS_pselect6, "select"},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait"},
#endif
#ifdef SYS_epoll_pwait
    {SYS_epoll_pwait, "epoll_wait"},
#endif
#ifdef SYS_wait4
    {SYS_wait4, "wait"},
    {SYS_waitid, "wait"},
#endif
#ifdef SYS_nanosleep
    {SYS_nanosleep, "sleep"},
#endif
#ifdef SYS_clock_nanosleep
    {SYS_clock_nanosleep, "sleep"},
#endif
    {-1, NULL}};

/* Print in which of those calls thread TID of process PID sleeps, if it does. */
static void print_call(int pid, const char *tid)
{
    char path[300], text[512];
    long number;

    snprintf(path, sizeof path, "/proc/%d/task/%.20s/syscall", pid, tid);
    if (!read_file(path, text, sizeof text) ||
        sscanf(text, "%ld ", &number) != 1)
        return;
    for (int i = 0; calls[i].name; i++)
        if (calls[i].number == number)
            printf("%s\n", calls[i].name);
}

/* Add one thread of process PID to VIEW. */
static void look_at_thread(int pid, const char *tid, struct view *view)
{
    char path[300], text[4096];
    unsigned long user, system;
    char state;

    snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", pid, tid);
    if (!read_file(path, text, sizeof text) || !strrchr(text, ')'))
        return;
    if (sscanf(strrchr(text, ')'),
               ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state,
               &user, &system) != 3)
        return;
    view->threads++;
    view->ticks += user + system;
    view->running += state == 'R';
    view->stopped += strchr("TtZX", state) != NULL;
    view->asleep += strchr("SZX", state) != NULL;
    if (state == 'S' && listing)
        print_call(pid, tid);
    else if (state == 'S')
        look_at_call(pid, tid, view);
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", pid, tid);
    if (closely && read_file(path, text, sizeof text))
        add(text, "\nvoluntary_ctxt_switches:", &view->naps);
    if (closely && strstr(text, "\nTracerPid:") &&
        !strstr(text, "\nTracerPid:\t0\n"))
        view->traced++;
}

/* Add process PID to VIEW. */
static void look_at(int pid, struct view *view)
{
    char path[300], text[4096];
    struct dirent *entry;
    DIR *dir;

    view->processes++;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        view->descriptors += isdigit((unsigned char)*entry->d_name) != 0;
    if (dir)
        closedir(dir);

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        if (isdigit((unsigned char)*entry->d_name))
            look_at_thread(pid, entry->d_name, view);
    if (dir)
        closedir(dir);

    /* Since Linux 6.2 what the file status says of memory is a guess. */
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if (closely && read_file(path, text, sizeof text))
        add(text, "\nAnonymous:", &view->memory);
    else if (closely) {
        snprintf(path, sizeof path, "/proc/%d/status", pid);
        if (read_file(path, text, sizeof text))
            add(text, "\nRssAnon:", &view->memory);
    }
}

/* Is process PID the first of a namespace: guard's own, if it makes a jail? */
static int is_first(int pid)
{
    char path[300], text[4096], *ids;
    int outer, inner;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (!read_file(path, text, sizeof text))
        return 0;
    ids = strstr(text, "\nNSpid:");
    return ids && sscanf(ids, "\nNSpid: %d %d", &outer, &inner) == 2 &&
           inner == 1;
}

/* Fill FAMILY with process ANCESTOR and all below it, as their parents tell. */
static int ask_parents(int ancestor, int *family)
{
    static int pids[MANY], parents[MANY];
    int n = 0, members = 1;
    struct dirent *entry;
    DIR *proc = opendir("/proc");

    if (proc == NULL || access("/proc/self/stat", R_OK) == -1)
        exit(CANNOT_LOOK);
    while (n < MANY && (entry = readdir(proc))) {
        char path[300], text[1024];
        if (!isdigit((unsigned char)*entry->d_name))
            continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        if (!read_file(path, text, sizeof text) || !strrchr(text, ')'))
            continue;
        pids[n] = atoi(entry->d_name);
        n += sscanf(strrchr(text, ')'), ") %*c %d", &parents[n]) == 1;
    }
    closedir(proc);

    family[0] = ancestor; /* it grows while we go through it */
    for (int i = 0; i < members; i++)
        for (int j = 0; j < n; j++)
            if (parents[j] == family[i])
                family[members++] = pids[j];
    return members;
}

/*
 * The same from the kernel's lists of children.  That is faster where many other
 * processes are, but may miss one while another ends: see proc(5).
 */
static int ask_kernel(int ancestor, int *family)
{
    int members = 1;

    family[0] = ancestor;
    for (int i = 0; i < members; i++) {
        char path[300];
        struct dirent *entry;
        snprintf(path, sizeof path, "/proc/%d/task", family[i]);
        DIR *dir = opendir(path);
        while (dir && (entry = readdir(dir))) {
            snprintf(path, sizeof path, "/proc/%d/task/%.20s/children",
                     family[i], entry->d_name);
            FILE *file = fopen(path, "r");
            while (file && members < MANY &&
                   fscanf(file, "%d", &family[members]) == 1)
                members++;
            if (file)
                fclose(file);
        }
        if (dir)
            closedir(dir);
    }
    return members;
}

/* Return what the descendants of process ANCESTOR are and hold now. */
static struct view look(int ancestor)
{
    static int family[MANY];
    struct view view = {0};
    int members = (quickly ? ask_kernel : ask_parents)(ancestor, family);

    for (int i = 1; i < members; i++)
        if (!is_first(family[i]))
            look_at(family[i], &view);
    return view;
}

static int wait_for_few(int guard, int processes, int descriptors)
{
    struct view v;
    double end = now() + patience;

    for (;;) {
        v = look(guard);
        if (v.processes <= processes && v.descriptors <= descriptors)
            return 0;
        if (now() > end)
            break;
        pause_for(0.002);
    }
    const char *what = v.processes <= processes ? "descriptors"
                       : v.descriptors <= descriptors
                           ? "processes"
                           : "processes, descriptors";
    fprintf(stderr,
            "  expected at most: processes %d descriptors %d, as before\n"
            "  but after %g s:   processes %d descriptors %d (too many %s)\n",
            processes, descriptors, patience, v.processes, v.descriptors, what);
    return NOT_SO;
}

/* Send every descendant of process GUARD the signal SIGNO. */
static void signal_all(int guard, int signo)
{
    static int family[MANY];
    int members = (quickly ? ask_kernel : ask_parents)(guard, family);

    for (int i = 1; i < members; i++)
        if (!is_first(family[i]))
            kill(family[i], signo);
}

/* Let each process open no more descriptors; if ROOMY, as many as it may. */
static int limit_descriptors(int guard, int roomy)
{
    int limited = 0;
#ifdef __linux__
    static int family[MANY];
    int members = ask_parents(guard, family);

    for (int i = 1; i < members; i++) {
        char path[300], target[1];
        struct rlimit limit;
        rlim_t most = 0;
        do
            snprintf(path, sizeof path, "/proc/%d/fd/%d", family[i], (int)most);
        while (readlink(path, target, sizeof target) != -1 && ++most);
        if (is_first(family[i]) ||
            prlimit(family[i], RLIMIT_NOFILE, NULL, &limit) == -1)
            continue;
        limit.rlim_cur = roomy ? limit.rlim_max : most;
        limited += prlimit(family[i], RLIMIT_NOFILE, &limit, NULL) == 0;
    }
#endif
    return limited ? 0 : CANNOT_LOOK;
}

/* Wait until every thread is stopped; if STOP, make them stop. */
static int wait_stopped(int guard, int stop)
{
    double end = now() + patience;

    while (now() < end) {
        if (stop)
            signal_all(guard, SIGSTOP); /* also those that have just begun */
        struct view v = look(guard);
        if (v.threads > 0 && v.stopped == v.threads)
            return 0;
        pause_for(0.001);
    }
    fprintf(stderr, "  the program could not be stopped (SIGSTOP)\n");
    return NOT_SO;
}

/*
 * Three looks in a row must find every thread asleep, and no time used; if
 * SENDING, one in a call that sends, which is offered OFFERED bytes at least.
 * Three that find no thread: it has ended.
 */
static int wait_asleep(int guard, int sending, unsigned long offered)
{
    double end = now() + patience;
    struct view before = {0};
    const char *why =
        "did not come to rest: it is busy, though nothing happens";
    int again = 0, gone = 0;

    while (now() < end && gone < 3) {
        struct view v = look(guard);
        gone = v.threads == 0 ? gone + 1 : 0;
        if (v.threads > 0 && v.asleep == v.threads &&
            v.threads == before.threads && v.ticks == before.ticks)
            again++;
        else
            again = 0;
        int rests = again >= 2;
        if (rests && sending && v.sending + v.unseen == 0) {
            why = "sleeps, but not in a call that sends: it takes all for sent";
        } else if (rests && offered && v.offered && v.offered < offered) {
            fprintf(stderr,
                    "  the call that it sleeps in is offered %lu bytes"
                    "; expected: %lu\n",
                    v.offered, offered);
            return NOT_SO;
        } else if (rests) {
            return 0;
        }
        before = v;
        pause_for(0.001);
    }
    if (!silent)
        fprintf(stderr, "  the program %s\n", gone < 3 ? why : "has ended");
    return NOT_SO;
}

/*
 * Watch the program for some moments.  Is it idle?  Sets *BUSY to the number of
 * LOOKS at which it was running, *TICKS to the processor time that it used, and
 * *A_SECOND to the number of times that it woke up in a second.
 *
 * A loop that spins is running at most looks, however little it gets to run; one
 * that sleeps for a millisecond at a time wakes up hundreds of times a second.
 * Under ptrace(2) each system call is four naps: two of the program, when it
 * begins and when it returns, and two of the tracer.
 */
static int is_idle(int guard, int looks, int *busy, unsigned long *ticks,
                   double *a_second)
{
    double start = now(), many = 250;
    struct view before = look(guard), v;

    if (before.traced)
        many *= 8;
    *busy = 0;
    *a_second = 0;
    /* A few naps may be the rest of what was before: then watch for longer. */
    for (int i = 0; i < looks || (i < 10 * looks && *a_second >= many); i++) {
        pause_for(0.01);
        v = look(guard);
        *busy += i < looks && v.running > 0;
        *ticks = v.ticks - before.ticks;
        *a_second = (double)(long)(v.naps - before.naps) / (now() - start);
    }
    /* To look at hundreds of processes takes time; some of it may be used. */
    double most = 2 + 0.3 * (now() - start) * (double)sysconf(_SC_CLK_TCK);
    return *busy <= looks / 2 && (double)*ticks <= most && *a_second < many;
}

/*
 * Wait until it is idle.  One that has much to do, hundreds of clients for
 * instance, may take a moment; one that spins never is.
 */
static int watch_idle(int guard)
{
    enum { LOOKS = 4 };
    int busy;
    unsigned long ticks;
    double a_second, end;

    patience = patience < 2 ? patience : 2;
    silent = 1;
    wait_asleep(guard, 0, 0); /* or not: then the looks will show it */
    end = now() + patience / 2;
    closely = 1;
    do
        if (is_idle(guard, LOOKS, &busy, &ticks, &a_second))
            return 0;
    while (now() < end);
    fprintf(stderr,
            "  expected: no processor time is used while nothing happens\n"
            "  but:      it was running at %d of %d looks, and used %lu ms;\n"
            "            it woke up %.0f times a second\n",
            busy, LOOKS, ticks * 1000 / (unsigned long)sysconf(_SC_CLK_TCK),
            a_second);
    return NOT_SO;
}

int main(int argc, char *argv[])
{
    if (argc > 3 && strcmp(argv[1], "-t") == 0) {
        patience = strtod(argv[2], NULL);
        argc -= 2;
        argv += 2;
    }
    if (argc < 2 || atoi(argv[1]) <= 0)
        errx(USAGE, "usage: look [-t SECONDS] GUARD [CONDITION]");
    int guard = atoi(argv[1]);
    const char *condition = argc > 2 ? argv[2] : "";

    if (argc == 2) {
        closely = 1;
        struct view v = look(guard);
        printf("%d %d %lu\n", v.processes, v.descriptors, v.memory);
        return 0;
    }
    if (strcmp(condition, "at-most") == 0 && argc == 5)
        return wait_for_few(guard, atoi(argv[3]), atoi(argv[4]));
    quickly = access("/proc/thread-self/children", R_OK) == 0;
    if (strcmp(condition, "stopped") == 0)
        return wait_stopped(guard, 0);
    if (strcmp(condition, "stop") == 0)
        return wait_stopped(guard, 1);
    if (strcmp(condition, "continue") == 0) {
        signal_all(guard, SIGCONT);
        return 0;
    }
    if (strcmp(condition, "full") == 0 || strcmp(condition, "roomy") == 0)
        return limit_descriptors(guard, condition[0] == 'r');
    if (strcmp(condition, "asleep") == 0)
        return wait_asleep(guard, 0, 0);
    if (strcmp(condition, "sending") == 0)
        return wait_asleep(guard, 1, argc > 3 ? strtoul(argv[3], NULL, 10) : 0);
    if (strcmp(condition, "calls") == 0) {
        listing = 1;
        look(guard);
        return 0;
    }
    if (strcmp(condition, "idle") == 0)
        return watch_idle(guard);
    errx(USAGE, "%s: not a condition", condition);
}
