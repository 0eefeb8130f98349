/*
 * watch.c - waits for the program's end, and ends it if it uses too much; then
 * it ends all that the program has left running.
 */
#include "guard.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Kill every child of guard; on Linux also those that became its children when
 * their parents ended.
 */
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

/*
 * Reap what has ended.  If that is the program, set *STATUS to its status and
 * *ENDED to true.  Returns whether another child is left.
 */
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

/* Report how the program ended by STATUS.  Returns guard's exit status for it. */
static int report_end(int status)
{
    if (WIFEXITED(status)) {
        report("exit %d", WEXITSTATUS(status));
        return WEXITSTATUS(status);
    }
    report("signal %d %s", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return 128 + WTERMSIG(status);
}

/*
 * End what the program has left running, and report whether there was anything.
 * ENDED is whether the program has ended by itself; then the others get a second
 * to end, too.  ANY is whether guard has any children.
 */
static void end_the_rest(struct relay pipes[2], bool ended, bool any)
{
    int status;

    leave_jail();
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
}

/* Watch the program to its end.  Returns guard's exit status. */
int watch(struct relay pipes[2])
{
    const double start = now(), end = start + options.seconds;
    double next = start + 0.05; /* when to look at the memory of a jail */
    size_t printed = 0;
    int status = 0, verdict = -1;
    bool ended = false, any = true;

    while (verdict == -1) {
        any = reap(&status, &ended);
        if (ended) {
            verdict = report_end(status);
        } else if (told_to_end) {
            verdict = 128 + SIGTERM;
            report("ended");
        } else if (now() > end) {
            verdict = TOO_SLOW;
            report("timeout %g", options.seconds);
        } else if (printed > options.output) {
            verdict = TOO_MUCH;
            report("output %zu", options.output);
        } else if (jail && now() > next) {
            double before = now();
            if (memory_in_use() > MEMORY) {
                verdict = TOO_MUCH;
                report("memory %d", MEMORY);
            }
            next = now() + 0.05 + 10 * (now() - before);
        } else {
            printed += relay(pipes, (jail && next < end ? next : end) - now());
        }
    }
    end_the_rest(pipes, ended, any);
    return verdict;
}
