/*
 * cell.c - run a command in a small world of its own, and end all of it.
 *
 *     cell [-t SECONDS] [-u UID] [-c COURSE] [-s DIR]... [-p PART/PARTS]
 *          COMMAND [ARG]...
 *
 *     -t  how long all of it may take by the wall clock (default 600)
 *     -u  who to be if we are root (default 65534, which is nobody)
 *     -c  the directory that is seen as /course
 *     -s  a directory that is seen where it is, besides the system's
 *     -p  keep to a part of the processors, such as 0/2 or 1/2, so that what spins
 *         in one cell does not slow down the cells beside it
 *
 * COMMAND sees the system's programs and libraries, read-only; /etc, a few
 * devices, /course, which all are read-only too; an empty /tmp and /build; its
 * own processes; a network of its own with nothing but loopback.  When it ends,
 * when its time is up, or when cell is killed, every process in there ends, and
 * every file in there is gone.  JAIL in its environment names the root for what
 * is not to be trusted (see guard.c), where there is less of all this.
 *
 * Linux only (namespaces(7)).  Exit status: the command's; 124 too slow; 125
 * cell failed; 126 this machine does not allow it.
 */
#ifdef __linux__
#define _GNU_SOURCE /* unshare() */
#endif
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#ifdef __linux__
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "jail.h"
#endif

enum { USAGE = 2, TOO_SLOW = 124, FAILED = 125, NOT_ALLOWED = 126 };
enum { SHOWN = 16 };

#ifdef __linux__
#define WORLD "/tmp" /* where the new root is put together */
#define SIZE "size=1g,nr_inodes=100k,mode=755" /* of all files in a cell */

/* What a cell sees of the system, and what a jail does. */
static const char *const system_dirs[] = {"/usr",   "/bin",   "/sbin",   "/lib",
                                          "/lib32", "/lib64", "/libx32", "/opt",
                                          "/nix",   "/gnu",   NULL};
static const char *const devices[] = {
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", NULL};
static const char *const settings[] = {
    "/etc/alternatives", "/etc/gai.conf",
    "/etc/group",        "/etc/host.conf",
    "/etc/hosts",        "/etc/ld.so.cache",
    "/etc/ld.so.conf",   "/etc/ld.so.conf.d",
    "/etc/localtime",    "/etc/nsswitch.conf",
    "/etc/passwd",       "/etc/protocols",
    "/etc/services",     NULL};

/* This machine does not let us do WHAT, unless it is our own fault. */
static void not_allowed(const char *what)
{
    err(errno == ENOENT || errno == ENOMEM ? FAILED : NOT_ALLOWED, "%s", what);
}

/* Return the path of FILE in the directory DIR; DIR may be "". */
static const char *in(const char *dir, const char *file)
{
    static char path[4][4200];
    static int turn;
    char *p = path[turn = (turn + 1) % 4];

    snprintf(p, sizeof path[0], "%s%s", dir, file);
    return p;
}

/* Make the directory PATH, and those above it. */
static void make_dirs(const char *path)
{
    char part[4200];

    snprintf(part, sizeof part, "%s", path);
    for (char *p = strchr(part + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        mkdir(part, 0755);
        *p = '/';
    }
    if (mkdir(part, 0755) == -1 && errno != EEXIST)
        not_allowed(part);
}

/* Show PATH, if there is such a file or directory, under the directory ROOT. */
static void show_in(const char *root, const char *path)
{
    const char *to = in(root, path);
    struct stat about;
    char link[4096];

    if (lstat(path, &about) == -1)
        return;
    if (S_ISLNK(about.st_mode)) { /* /bin may be one, to usr/bin */
        ssize_t n = readlink(path, link, sizeof link - 1);
        if (n > 0 && n < (ssize_t)sizeof link) {
            link[n] = '\0';
            if (strncmp(path, "/etc/", 5) != 0) {
                if (symlink(link, to) == -1 && errno != EEXIST)
                    not_allowed(to);
                return;
            }
        }
        if (stat(path, &about) == -1)
            return;
    }
    if (S_ISDIR(about.st_mode)) {
        make_dirs(to);
    } else {
        int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd == -1)
            not_allowed(to);
        close(fd);
    }
    if (mount(path, to, NULL, MS_BIND | MS_REC, NULL) == -1)
        not_allowed(to);
    if (strncmp(path, "/dev/", 5) != 0 && make_read_only(to) == -1)
        not_allowed(to);
}

/* Put the system, and DIRS, under ROOT; the settings in /etc are LIST. */
static void furnish(const char *root, const char *const *list)
{
    static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"},
                                           {"/proc/self/fd/0", "/dev/stdin"},
                                           {"/proc/self/fd/1", "/dev/stdout"},
                                           {"/proc/self/fd/2", "/dev/stderr"}};

    for (int i = 0; system_dirs[i]; i++)
        show_in(root, system_dirs[i]);
    make_dirs(in(root, "/dev"));
    make_dirs(in(root, "/etc"));
    make_dirs(in(root, "/proc"));
    make_dirs(in(root, "/tmp"));
    make_dirs(in(root, "/build"));
    for (int i = 0; devices[i]; i++)
        show_in(root, devices[i]);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlink(links[i][0], in(root, links[i][1])) == -1)
            not_allowed(links[i][1]);
    for (int i = 0; list[i]; i++)
        show_in(root, list[i]);
}

static void mount_empty(const char *dir)
{
    make_dirs(dir);
    if (mount("none", dir, "tmpfs", MS_NOSUID | MS_NODEV, SIZE) == -1)
        not_allowed(dir);
}

/*
 * Put the new root together: the cell's, and the jail's in it.  The directories
 * that are SHOWN may lie where it is being built: hence the descriptors.
 */
static void build_world(const char *course, char *const *dirs, uid_t uid)
{
    static const char *const all_settings[] = {"/etc", NULL};
    const char *root = WORLD;
    int fds[SHOWN + 1] = {0}, n = 0;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        not_allowed("mount");
    for (; dirs[n]; n++)
        if ((fds[n] = open(dirs[n], O_PATH | O_CLOEXEC)) == -1)
            err(FAILED, "%s", dirs[n]);
    int course_fd = open(course, O_PATH | O_CLOEXEC);
    if (course_fd == -1)
        err(FAILED, "%s", course);

    mount_empty(root);
    furnish(root, all_settings);
    for (int i = 0; i < n; i++) {
        char from[64];
        snprintf(from, sizeof from, "/proc/self/fd/%d", fds[i]);
        make_dirs(in(root, dirs[i]));
        if (show(from, in(root, dirs[i])) == -1)
            not_allowed(dirs[i]);
        close(fds[i]);
    }
    char from[64];
    snprintf(from, sizeof from, "/proc/self/fd/%d", course_fd);
    make_dirs(in(root, "/course"));
    if (show(from, in(root, "/course")) == -1)
        not_allowed("/course");
    close(course_fd);
    if (mount("/proc", in(root, "/proc"), NULL, MS_BIND | MS_REC, NULL) == -1)
        not_allowed("/proc");
    if (chmod(in(root, "/tmp"), 0777) == -1 ||
        chown(in(root, "/build"), uid, (gid_t)-1) == -1)
        not_allowed("chown");

    mount_empty(WORLD JAIL);
    furnish(WORLD JAIL, settings);
    make_dirs(in(root, JAIL "/here"));
    make_dirs(in(root, JAIL "/dev/shm"));
    make_dirs(in(root, JAIL "/course/lessons"));
    int fd =
        open(in(root, JAIL "/empty"), O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    if (fd == -1 || close(fd) == -1)
        not_allowed("/empty");
    if (show(in(root, "/build"), in(root, JAIL "/build")) == -1 ||
        show(in(root, "/course/lessons"), in(root, JAIL "/course/lessons")) ==
            -1)
        not_allowed("/build");
    if (make_read_only(in(root, JAIL)) == -1 || make_root(root) == -1)
        not_allowed("pivot_root");
}

/* Be an ordinary user who owns nothing here. */
static void become_user(uid_t uid)
{
    gid_t gid = (gid_t)uid;

    if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
        setresuid(uid, uid, uid) == -1)
        not_allowed("setuid");
    prctl(PR_SET_DUMPABLE, 1); /* else /proc/self is still root's */
}

/* Leave for new namespaces, the kinds FLAGS, with a user namespace for them. */
static void leave(int flags)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (unshare(CLONE_NEWUSER | flags) == -1)
        not_allowed("unshare");
    if (keep_ids(uid, gid) == -1)
        not_allowed("uid_map");
}

static void raise_loopback(void)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (sock == -1 || ioctl(sock, SIOCSIFFLAGS, &lo) == -1)
        not_allowed("lo");
    close(sock);
}

/* Let what we execute keep the privileges that we have in our namespaces. */
static void keep_privileges(void)
{
    struct { /* capget(2): not every libc has its header */
        unsigned version;
        int pid;
    } head = {.version = 0x20080522};
    struct {
        unsigned effective, permitted, inheritable;
    } caps[2];

    if (syscall(SYS_capget, &head, caps) == -1)
        not_allowed("capget");
    for (int i = 0; i < 2; i++)
        caps[i].inheritable = caps[i].permitted;
    if (syscall(SYS_capset, &head, caps) == -1)
        not_allowed("capset");
    for (int cap = 0; cap < 64; cap++)
        if (caps[cap / 32].permitted & (1u << cap % 32))
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

/* Process 1 of the cell: start ARGV, and end with it, and all else with us. */
static int live(char *argv[])
{
    int status, s;
    pid_t pid;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0); /* nobody looks into us */
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              NULL) == -1)
        not_allowed("/proc");
    raise_loopback();
    pid_t command = fork();
    if (command == -1)
        err(FAILED, "fork");
    if (command == 0) {
        keep_privileges();
        setenv("JAIL", JAIL, 1);
        if (chdir("/course") == -1)
            err(FAILED, "/course");
        execvp(argv[0], argv);
        err(FAILED, "%s", argv[0]);
    }
    while ((pid = wait(&s)) != -1 || errno == EINTR)
        if (pid == command) {
            status = s;
            return WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
        }
    return FAILED;
}

/* Wait up to SECONDS for process 1, and return its status; then kill it. */
static int wait_for(pid_t first, double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds};
    sigset_t set;
    int status;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    while (waitpid(first, &status, WNOHANG) == 0)
        if (sigtimedwait(&set, NULL, &time) == -1 && errno == EAGAIN) {
            kill(first, SIGKILL);
            waitpid(first, &status, 0);
            return TOO_SLOW;
        }
    return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

/*
 * Keep to a part of the processors that we may use: PART is "1/4" for the second
 * of four parts.  With more parts than processors, several parts share one.
 */
static void keep_to_processors(const char *part)
{
    cpu_set_t all, ours;
    int n, parts, seen = 0;

    if (sscanf(part, "%d/%d", &n, &parts) != 2 || n < 0 || n >= parts)
        errx(USAGE, "%s: not a part, such as 0/2", part);
    if (sched_getaffinity(0, sizeof all, &all) == -1)
        return; /* more processors than this: they will do without */
    const int count = CPU_COUNT(&all);
    const int from = n * count / parts, to = (n + 1) * count / parts;
    CPU_ZERO(&ours);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all)) {
            if (seen == from || (seen > from && seen < to))
                CPU_SET(cpu, &ours);
            seen++;
        }
    sched_setaffinity(0, sizeof ours, &ours);
}

static int cell(const char *course, char *const *dirs, uid_t uid,
                double seconds, char *argv[])
{
    sigset_t set;

    if (geteuid() != 0) {
        uid = geteuid();
        leave(CLONE_NEWNS);
        build_world(course, dirs, uid);
    } else {
        if (unshare(CLONE_NEWNS) == -1)
            not_allowed("unshare");
        build_world(course, dirs, uid);
        become_user(uid);
    }
    leave(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
          CLONE_NEWUTS);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pid_t first = fork();
    if (first == -1)
        err(FAILED, "fork");
    if (first == 0) {
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        _exit(live(argv));
    }
    return wait_for(first, seconds);
}
#else
static int cell(const char *course, char *const *dirs, unsigned uid,
                double seconds, char *argv[])
{
    (void)course, (void)dirs, (void)uid, (void)seconds, (void)argv;
    errx(NOT_ALLOWED, "this system has no namespaces");
}
#endif

int main(int argc, char *argv[])
{
    const char *course = "/";
    char *dirs[SHOWN + 1] = {NULL};
    double seconds = 600;
    unsigned uid = 65534;
    int c, n = 0;

    while ((c = getopt(argc, argv, "+t:u:c:s:p:")) != -1) {
        if (c == 't')
            seconds = strtod(optarg, NULL);
#ifdef __linux__
        else if (c == 'p')
            keep_to_processors(optarg);
#endif
        else if (c == 'u')
            uid = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'c' && optarg)
            course = optarg;
        else if (c == 's' && n < SHOWN)
            dirs[n++] = optarg;
        else
            return USAGE;
    }
    if (optind == argc)
        errx(USAGE, "usage: cell [-t SECONDS] [-u UID] [-c COURSE] [-s DIR]... "
                    "[-p PART/PARTS] COMMAND [ARG]...");
    return cell(course, dirs, uid, seconds, argv + optind);
}
