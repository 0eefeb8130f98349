/*
 * cost.c - what do clients cost a server, in memory and in time?  (Linux)
 *
 *     cc -o cost cost.c
 *     ./cost COUNT SERVER...              (say: ./cost 900 ./fork ./server)
 *
 * Starts each SERVER and connects COUNT clients, 100 at a time.  Each sends
 * a byte, waits until it is back, and stays connected in silence.  In the end
 * one of them sends more bytes, to measure how long a byte takes.  The figures
 * of each server are compared with those of the last one.
 * See also: proc(5), on status and smaps_rollup.
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 100, TRIPS = 300, SPARE = 20, MOST = 10 };

/* KiB of each thread's stack in the kernel, on x86-64 and 64-bit ARM. */
enum { KERNEL_STACK = 16 };

/* What a server took for all of its clients. */
struct cost {
    int processes, threads;
    double mib; /* with page tables and the stacks in the kernel */
    double serve; /* seconds for each client */
    double trip; /* seconds for a byte there and back */
};

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
 * Count the processes of GROUP, their threads and their memory, and add them to
 * COST.  What the processes share is counted once.  Exits if that fails.
 */
static void count_processes(pid_t group, struct cost *cost)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    if (proc == NULL)
        err(1, "/proc");
    while ((entry = readdir(proc))) {
        char path[300];
        pid_t pid = (pid_t)atol(entry->d_name); /* 0: not a process */
        if (pid == 0 || getpgid(pid) != group)
            continue;
        snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        cost->processes++;
        cost->threads += (int)number_in(path, "Threads:");
        cost->mib += number_in(path, "VmPTE:") / 1024;
        snprintf(path, sizeof path, "/proc/%s/smaps_rollup", entry->d_name);
        cost->mib += number_in(path, "Pss:") / 1024;
    }
    closedir(proc);
    cost->mib += cost->threads * KERNEL_STACK / 1024.0;
}

/*
 * Start SERVER in a process group of its own, with LIMIT of descriptors, and
 * store its address in ADDR.  Returns its process id.  Exits if that fails.
 */
static pid_t start_server(const char *server, const struct rlimit *limit,
                          struct sockaddr_in *addr)
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
        if (setrlimit(RLIMIT_NOFILE, limit) == -1)
            err(1, "setrlimit");
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

/* End all processes of GROUP, one of which is our child, and wait for that. */
static void end_group(pid_t group)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    kill(-group, SIGKILL);
    waitpid(group, NULL, 0);
    for (int i = 0; i < 1000 && kill(-group, 0) == 0; i++)
        nanosleep(&moment, NULL);
}

/*
 * Start SERVER with LIMIT, connect COUNT clients, and return what that took.
 * Exits if something fails.
 */
static struct cost measure_cost(const char *server, const struct rlimit *limit,
                                int count)
{
    struct sockaddr_in addr;
    struct cost cost = {.mib = 0};
    pid_t group = start_server(server, limit, &addr);
    int *conns = calloc((size_t)count, sizeof *conns);
    double begin = seconds();

    if (conns == NULL)
        err(1, "calloc");
    for (int done = 0, i; done < count; done = i) {
        for (i = done; i < done + AT_ONCE && i < count; i++)
            conns[i] = come(&addr);
        for (i = done; i < done + AT_ONCE && i < count; i++)
            await_byte(conns[i]);
    }
    cost.serve = (seconds() - begin) / count;
    count_processes(group, &cost);
    cost.trip = round_trip(conns[0]);
    end_group(group);
    for (int i = 0; i < count; i++)
        close(conns[i]);
    free(conns);
    return cost;
}

/* Print what SERVER took, and how often the figures of LAST fit into it. */
static void print_cost(const char *server, const struct cost *c,
                       const struct cost *last)
{
    const char *slash = strrchr(server, '/');

    printf("%-11s", slash ? slash + 1 : server);
    printf(" %6d %7d", c->processes, c->threads);
    printf("  %6.1f MiB %6.1f x", c->mib, c->mib / last->mib);
    printf("  %5.0f us %5.1f x", c->serve * 1e6, c->serve / last->serve);
    printf("  %4.0f us %5.1f x\n", c->trip * 1e6, c->trip / last->trip);
}

int main(int argc, char *argv[])
{
    struct rlimit limit, raised;
    int count = argc > 2 ? atoi(argv[1]) : 0, servers = argc - 2;
    struct cost costs[MOST];
    if (count < 1 || servers > MOST)
        errx(2, "usage: cost COUNT SERVER... (at most %d)", MOST);

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(1, "getrlimit");
    raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if ((rlim_t)count + SPARE > raised.rlim_cur)
        errx(1, "%d clients are more open files than `ulimit -Hn` allows",
             count);
    if (setrlimit(RLIMIT_NOFILE, &raised) == -1)
        err(1, "setrlimit");

    for (int i = 0; i < servers; i++)
        costs[i] = measure_cost(argv[2 + i], &limit, count);
    printf("%d clients  processes  threads", count);
    printf("            memory        each served      there and back\n");
    for (int i = 0; i < servers; i++)
        print_cost(argv[2 + i], &costs[i], &costs[servers - 1]);
}
