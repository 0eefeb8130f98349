/*
 * child.c - what guard's child gives up before it becomes the program: signals,
 * descriptors, privileges, and the environment.
 */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { LARGEST_FILE = 100000000 }; /* bytes */

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

/* Give up all privileges of root (capabilities(7)), and die with guard. */
static void drop_privileges(void)
{
#ifdef __linux__
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
        ;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

/* Return a limit of MOST, which cannot be raised again, until the next call. */
static const struct rlimit *at_most(rlim_t most)
{
    static struct rlimit limit;

    limit = (struct rlimit){most, most};
    return &limit;
}

/* Limit what the program can use (setrlimit(2)). */
static void set_limits(void)
{
    if (setrlimit(RLIMIT_CORE, at_most(0)) == -1 ||
        setrlimit(RLIMIT_FSIZE, at_most(LARGEST_FILE)) == -1 ||
        (options.files &&
         setrlimit(RLIMIT_NOFILE, at_most(options.files)) == -1))
        fail("setrlimit", GUARD_FAILED);
#ifdef __linux__
    if ((jail || getenv("GUARD_USER")) &&
        setrlimit(RLIMIT_NPROC, at_most(PROCESSES)) == -1)
        fail("setrlimit", GUARD_FAILED);
#endif
}

/* If we are root, become the user that GUARD_USER names; not in a jail. */
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

/*
 * Become the program ARGV, whose stdout and stderr are OUT and ERR.  IDS_FROM is
 * a pipe that brings the process ids of guard and of the program, as they are
 * outside a jail.  The report's descriptor closes itself when the program begins.
 */
void become(char *argv[], int out, int err, int ids_from)
{
    pid_t ids[2];

    setsid();
    if (read(ids_from, ids, sizeof ids) != sizeof ids)
        _exit(GUARD_FAILED);
    report("%ld %ld", (long)ids[0], (long)ids[1]);
    for (int signo = 1; signo < 32; signo++)
        signal(signo, SIG_DFL);
    if (dup2(out, STDOUT_FILENO) == -1 || dup2(err, STDERR_FILENO) == -1)
        fail("dup2", GUARD_FAILED);
    if (jail)
        enter_jail();
    become_user();
    if (!options.trusted)
        drop_privileges();
    close_from(3, options.report);
    set_limits();
    clean_environment();
    execvp(argv[0], argv);
    fail(argv[0], CANNOT_RUN);
}
