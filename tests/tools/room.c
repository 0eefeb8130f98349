/*
 * room.c - run a command in a network of its own, where every port is free.
 *
 *     room [-h HOSTS] COMMAND [ARG]...    a new one
 *     room [-h HOSTS] -k SECONDS          keep a new one for so long, for others to
 *                                         join: prints its process id on stdout
 *     room -j PID COMMAND [ARG]...        the one that process PID is in
 *     room -p PID COMMAND [ARG]...        be a process that PID can see
 *     room -m DIR | -u DIR                in a cell: make DIR a file system of
 *                                         its own, a small one | end that
 *
 * The network has a loopback interface that is up, and nothing else; its IPv4
 * addresses are the usual ones and 192.0.2.1 (RFC 5737), its only IPv6 address is
 * ::1: so it is as on a machine that has no IPv6 (AI_ADDRCONFIG).  -h puts the
 * file HOSTS in place of /etc/hosts, for those who are in it.  Linux only, as root
 * or where ordinary users may make user namespaces (user_namespaces(7)).  Exit
 * status: the command's; 126 this machine does not allow it.
 */
#ifdef __linux__
#define _GNU_SOURCE /* unshare(), setns() */
#endif
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#endif

enum { NOT_ALLOWED = 126 };

#ifdef __linux__
/* Write TEXT to the file PATH under /proc/self. */
static void tell_kernel(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    if (fd == -1 || write(fd, text, strlen(text)) == -1)
        err(NOT_ALLOWED, "%s", path);
    close(fd);
}

/* Leave for namespaces of our own; an ordinary user needs one for that too. */
static void leave(int mounts)
{
    int flags = CLONE_NEWNET | (mounts ? CLONE_NEWNS : 0);
    unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();
    char map[64];

    if (unshare(flags) == 0)
        return;
    if (unshare(CLONE_NEWUSER | flags) == -1)
        err(NOT_ALLOWED, "unshare");
    tell_kernel("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    tell_kernel("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    tell_kernel("/proc/self/gid_map", map);
}

static void raise_loopback(void)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    struct ifreq more = {.ifr_name = "lo:1"};
    struct sockaddr_in example = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(0xc0000201)};
    int sock = socket(AF_INET, SOCK_DGRAM, 0);

    memcpy(&more.ifr_addr, &example, sizeof example);
    if (sock == -1 || ioctl(sock, SIOCSIFFLAGS, &lo) == -1 ||
        ioctl(sock, SIOCSIFADDR, &more) == -1)
        err(NOT_ALLOWED, "lo");
    close(sock);
}

static void enter(const char *hosts)
{
    leave(hosts != NULL);
    raise_loopback();
    if (hosts == NULL)
        return;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) == -1)
        err(NOT_ALLOWED, "mount %s", hosts);
}

/* Enter the KIND ("user", "net", "mnt") of namespace that process PID is in. */
static void join_one(const char *pid, const char *kind, int flag)
{
    char path[64], ours[64];
    struct stat there, here;

    snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, kind);
    snprintf(ours, sizeof ours, "/proc/self/ns/%s", kind);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &there) == -1 || stat(ours, &here) == -1)
        err(NOT_ALLOWED, "%s", path);
    if (there.st_ino != here.st_ino && setns(fd, flag) == -1)
        err(NOT_ALLOWED, "setns %s", kind);
    close(fd);
}

/* Let a child go on among the processes of PID, and end as it does. */
static void join_processes(const char *pid)
{
    int status;

    join_one(pid, "pid", CLONE_NEWPID);
    pid_t child = fork();
    if (child == -1)
        err(NOT_ALLOWED, "fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return;
    }
    while (waitpid(child, &status, 0) == -1)
        ;
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Whoever fills DIR shall fill nothing else. */
static int make_small(const char *dir)
{
    if (mount("none", dir, "tmpfs", MS_NOSUID | MS_NODEV,
              "size=100m,nr_inodes=1k,mode=755") == -1)
        err(NOT_ALLOWED, "mount %s", dir);
    return 0;
}

static int end_small(const char *dir)
{
    if (umount2(dir, MNT_DETACH) == -1)
        err(NOT_ALLOWED, "umount %s", dir);
    return 0;
}

/* Enter the namespaces of process PID, and stay in this directory. */
static void join(const char *pid)
{
    int here = open(".", O_RDONLY | O_CLOEXEC);

    join_one(pid, "user", CLONE_NEWUSER);
    join_one(pid, "net", CLONE_NEWNET);
    join_one(pid, "mnt", CLONE_NEWNS);
    if (here == -1 || fchdir(here) == -1)
        err(NOT_ALLOWED, "fchdir");
}
#else
static void join(const char *pid)
{
    (void)pid;
    errx(NOT_ALLOWED, "this system has no network namespaces");
}

static void join_processes(const char *pid)
{
    join(pid);
}

static int make_small(const char *dir)
{
    join(dir);
    return NOT_ALLOWED;
}

static int end_small(const char *dir)
{
    return make_small(dir);
}

static void enter(const char *hosts)
{
    (void)hosts;
    errx(NOT_ALLOWED, "this system has no network namespaces");
}
#endif

/*
 * Keep the network that we are in for SECONDS, or until whoever started us ends.
 * Returns 0.
 */
static int keep(int seconds)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    printf("%d\n", (int)getpid());
    fflush(stdout);
    sleep((unsigned)seconds);
    return 0;
}

int main(int argc, char *argv[])
{
    const char *hosts = NULL, *pid = NULL, *seer = NULL;
    int seconds = 0;
    int c;

    while ((c = getopt(argc, argv, "+h:j:k:p:m:u:")) != -1) {
        if (c == 'h')
            hosts = optarg;
        else if (c == 'j')
            pid = optarg;
        else if (c == 'k')
            seconds = atoi(optarg);
        else if (c == 'p')
            seer = optarg;
        else if (c == 'm')
            return make_small(optarg);
        else if (c == 'u')
            return end_small(optarg);
        else
            return 2;
    }
    if (seconds > 0) {
        enter(hosts);
        return keep(seconds);
    }
    if (optind == argc)
        errx(2, "usage: room [-h HOSTS | -j PID | -p PID] COMMAND [ARG]...");
    if (seer)
        join_processes(seer);
    else if (pid)
        join(pid);
    else
        enter(hosts);
    execvp(argv[optind], argv + optind);
    err(127, "%s", argv[optind]);
}
