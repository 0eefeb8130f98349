/*
 * cost.c - what do clients cost a server, in time and in memory?  (Linux)
 *
 *     cc -o cost cost.c
 *     ./cost SERVER COUNT                 (say: ./cost ./fork 1000)
 *
 * Starts SERVER and connects COUNT clients to it, 100 at a time.  Each sends a
 * byte, waits until it is back, and stays connected in silence.  In the end one
 * of them sends more bytes, to measure how long a byte takes.
 * See also: proc(5), on smaps_rollup and meminfo.
 */
#include <dirent.h>
#include <err.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 100, TRIPS = 300, SPARE = 20 };

/* Return the time in seconds, of a clock that nobody sets. */
static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Return the number after KEY in the file PATH, or 0 without one. */
static double number_in(const char *path, const char *key)
{
    char line[256];
    double number = 0;
    FILE *file = fopen(path, "r");

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            number = strtod(line + strlen(key), NULL);
    if (file)
        fclose(file);
    return number;
}

/*
 * Return how many KiB the processes of GROUP use, plus all kernel stacks and
 * page tables of the machine.  What the processes share is counted once.
 */
static double memory(pid_t group)
{
    double kib = number_in("/proc/meminfo", "KernelStack:") +
                 number_in("/proc/meminfo", "PageTables:");
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    if (proc == NULL)
        err(1, "/proc");
    while ((entry = readdir(proc))) {
        char path[300];
        pid_t pid = (pid_t)atol(entry->d_name); /* 0: not a process */
        if (pid == 0 || getpgid(pid) != group)
            continue;
        snprintf(path, sizeof path, "/proc/%s/smaps_rollup", entry->d_name);
        kib += number_in(path, "Pss:");
    }
    closedir(proc);
    return kib;
}

/*
 * Start SERVER in a process group of its own, and store its address in ADDR.
 * Returns its process id.  Exits if that fails.
 */
static pid_t start_server(const char *server, struct sockaddr_in *addr)
{
    int ends[2];
    char line[128];

    if (pipe(ends) == -1)
        err(1, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(1, "fork");
    if (pid == 0) {
        setpgid(0, 0);
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* end it if we are killed */
#endif
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(server, server, "127.0.0.1", "0", (char *)NULL);
        err(1, "%s", server);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], line, sizeof line - 1);
    line[n > 0 ? n : 0] = '\0';
    if (strrchr(line, ':') == NULL)
        errx(1, "%s printed no ready line", server);
    *addr = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((unsigned short)atoi(strrchr(line, ':') + 1)),
    };
    return pid;
}

/* Return a new connection to ADDR that has sent a byte.  Exits if it fails. */
static int come(const struct sockaddr_in *addr)
{
    int conn = socket(AF_INET, SOCK_STREAM, 0);

    if (conn == -1)
        err(1, "socket");
    if (connect(conn, (const struct sockaddr *)addr, sizeof *addr) == -1)
        err(1, "connect");
    if (send(conn, "x", 1, 0) == -1)
        err(1, "send");
    return conn;
}

/* Wait until the byte that we sent on CONN is back.  Exits if it is lost. */
static void await_byte(int conn)
{
    char byte;
    ssize_t n = recv(conn, &byte, 1, 0);

    if (n == -1)
        err(1, "recv");
    if (n == 0)
        errx(1, "the server closed a connection");
}

/* Return how many seconds a byte takes on CONN and back: the best of TRIPS. */
static double round_trip(int conn)
{
    double best = 1e9;

    for (int i = 0; i < TRIPS; i++) {
        double begin = seconds();
        if (send(conn, "x", 1, 0) == -1)
            err(1, "send");
        await_byte(conn);
        double took = seconds() - begin;
        best = took < best ? took : best;
    }
    return best;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in addr;
    struct rlimit limit;
    int count = argc == 3 ? atoi(argv[2]) : 0, conns[AT_ONCE];
    if (count < 1)
        errx(2, "usage: cost SERVER COUNT");

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "getrlimit");
    if ((rlim_t)count + SPARE > limit.rlim_max)
        errx(1, "%d clients are more open files than `ulimit -Hn` allows",
             count);

    pid_t server = start_server(argv[1], &addr);
    limit.rlim_cur = limit.rlim_max; /* after fork(): for us, not for SERVER */
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "setrlimit");

    double before = memory(server), begin = seconds();
    for (int done = 0, i = 0; done < count; done += i) {
        for (i = 0; i < AT_ONCE && done + i < count; i++)
            conns[i] = come(&addr);
        for (int j = 0; j < i; j++)
            await_byte(conns[j]);
    }
    printf("%d clients: served in %.0f us each, ", count,
           (seconds() - begin) / count * 1e6);
    printf("%.1f KiB each; ", (memory(server) - before) / count);
    printf("a byte there and back: %.0f us\n", round_trip(conns[0]) * 1e6);
    kill(-server, SIGKILL);
}
