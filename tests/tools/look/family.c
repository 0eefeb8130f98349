/* family.c - the processes that guard has started, and what is done to them all. */
#include "look.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/resource.h>
#endif
#include <unistd.h>

/* Is process PID the first of a namespace: guard's own, if it makes a jail? */
int is_first(int pid)
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
int ask_parents(int ancestor, int *family)
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

/* Fill FAMILY with process ANCESTOR and all below it.  Returns how many they are. */
int find_family(int ancestor, int *family)
{
    return quickly ? ask_kernel(ancestor, family)
                   : ask_parents(ancestor, family);
}

/* Send every descendant of process GUARD the signal SIGNO. */
void signal_all(int guard, int signo)
{
    static int family[MANY];
    int members = find_family(guard, family);

    for (int i = 1; i < members; i++)
        if (!is_first(family[i]))
            kill(family[i], signo);
}

#ifdef __linux__
/* Return the number of the lowest descriptor that process PID does not use. */
static rlim_t count_descriptors(int pid)
{
    char path[300], target[1];
    rlim_t most = 0;

    do
        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, (int)most);
    while (readlink(path, target, sizeof target) != -1 && ++most);
    return most;
}

/* Return how many bytes of addresses process PID uses. */
static rlim_t count_addresses(int pid)
{
    char path[300], text[100];

    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    if (!read_file(path, text, sizeof text))
        return RLIM_INFINITY;
    return strtoul(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
}
#endif

/*
 * Let each process below GUARD have MORE of what RESOURCE limits, descriptors or
 * bytes of memory, than it has, and if ROOMY as much as it may.
 */
int limit(int guard, int resource, int roomy, unsigned long more)
{
    int limited = 0;
#ifdef __linux__
    static int family[MANY];
    int members = ask_parents(guard, family);

    for (int i = 1; i < members; i++) {
        struct rlimit limit;
        if (is_first(family[i]) ||
            prlimit(family[i], resource, NULL, &limit) == -1)
            continue;
        limit.rlim_cur = limit.rlim_max;
        if (!roomy && resource == RLIMIT_NOFILE)
            limit.rlim_cur = count_descriptors(family[i]) + more;
        else if (!roomy)
            limit.rlim_cur = count_addresses(family[i]) + more;
        limited += prlimit(family[i], resource, &limit, NULL) == 0;
    }
#endif
    return limited ? 0 : CANNOT_LOOK;
}
