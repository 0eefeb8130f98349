/*
 * jail.c - a small world for the program, of namespaces (Linux): it sees the
 * files of its jail, no process but its own, and no network but the one it is in.
 * tests/grade uses it; cell.c makes the directory that becomes its root.
 */
#include "guard.h"

#ifdef __linux__
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../jail.h"

static pid_t first; /* process 1 of the jail */
static int hold =
    -1; /* a pipe: once it is closed, `first` waits for the rest */
static int inner[3]; /* the jail's namespaces: user, ipc, mnt */
static const int kinds[3] = {CLONE_NEWUSER, CLONE_NEWIPC, CLONE_NEWNS};
static int segments; /* the jail's /proc/sysvipc/shm */

/*
 * Hide in the directory HERE the files that GUARD_SHARES names: there is an empty
 * one in the place of each, which cannot be changed.
 */
static void hide_files(const char *here)
{
    char *names = getenv("GUARD_SHARES"), path[4200];

    for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
        snprintf(path, sizeof path, "%s/%s", here, name);
        if (access(path, F_OK) == 0 && show(JAIL "/empty", path) == -1)
            fail(path, GUARD_FAILED);
    }
}

/* Send descriptor FD over SOCK.  Returns whether that worked. */
static bool send_fd(int sock, int fd)
{
    struct iovec byte = {.iov_base = "", .iov_len = 1};
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof fd)];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof fd),
                          .cmsg_level = SOL_SOCKET,
                          .cmsg_type = SCM_RIGHTS}};
    struct msghdr msg = {.msg_iov = &byte,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};

    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    return sendmsg(sock, &msg, 0) == 1;
}

/* Return the descriptor that arrives from SOCK; -1 at its end. */
static int receive_fd(int sock)
{
    char byte;
    int fd;
    struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof fd)];
    } control = {.room = {0}};
    struct msghdr msg = {.msg_iov = &bytes,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};

    if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg))
        return -1;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof fd);
    return fd;
}

/*
 * Be process 1 of the jail: mount what it has as user UID and group GID, send over
 * READY where its shared memory is listed, and reap processes that lose their parents.  When the
 * pipe HELD ends, end after the last of them.
 */
static void live_in_jail(uid_t uid, gid_t gid, int ready, int held)
{
    const char *size = "size=100m,nr_inodes=4k,mode=1777";
    const char *shm_size = "size=16m,nr_inodes=1k,mode=1777";
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
        mount("none", JAIL "/dev/shm", "tmpfs", flags, shm_size) == -1 ||
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
    prctl(PR_SET_DUMPABLE, 0); /* no process in the jail can look into us */
    signal(SIGCHLD, SIG_IGN);
    for (int fd = 0; fd < 64; fd++)
        if (fd != ready && fd != held)
            close(fd);
    /* It shows the segments of whoever opened it, to anyone who reads it. */
    int list = open("/proc/sysvipc/shm", O_RDONLY | O_CLOEXEC);
    if (list == -1 || !send_fd(ready, list))
        fail("/proc/sysvipc/shm", GUARD_FAILED);
    close(list);
    close(ready);
    while (read(held, &byte, 1) == -1 && errno == EINTR)
        ;
    while (wait(NULL) != -1 || errno == EINTR)
        ;
    _exit(0);
}

/* Make the jail.  Our next child will be one of its processes. */
void make_jail(void)
{
    static const char *const names[3] = {"user", "ipc", "mnt"};
    int ready[2], held[2];
    uid_t uid = geteuid(); /* asked before it is another one's namespace */
    gid_t gid = getegid();
    char path[64];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ready) == -1 || pipe(held) == -1)
        fail("pipe", GUARD_FAILED);
    first = (pid_t)syscall(SYS_clone,
                           SIGCHLD | CLONE_NEWUSER | CLONE_NEWPID |
                               CLONE_NEWNS | CLONE_NEWIPC,
                           0, 0, 0, 0);
    if (first == -1)
        fail("clone", GUARD_FAILED);
    if (first == 0) {
        close(held[1]);
        close(ready[0]);
        live_in_jail(uid, gid, ready[1], held[0]);
    }
    close(ready[1]);
    close(held[0]);
    hold = held[1];
    fcntl(hold, F_SETFD, FD_CLOEXEC);
    segments = receive_fd(ready[0]);
    if (segments == -1)
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
 * is a guest of), some calls can do what they like, the memory of memfd_create(2)
 * is not counted (see memory_in_use), and sched_setaffinity(2) would leave the
 * processors that the cell keeps to.  Refuse them (seccomp(2); its numbers stand
 * here because not every libc has its headers).
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
    enum { IO_URING_SETUP = 425, MEMFD_SECRET = 447 };
    const unsigned allow = 0x7fff0000, refuse = 0x00050000;
    struct instruction {
        unsigned short code;
        unsigned char yes, no; /* how many instructions to leave out */
        unsigned k;
    } filter[] = {
        {LOAD, 0, 0, ARCHITECTURE},
        {EQUAL, 0, 18, (unsigned)ARCH},
        {LOAD, 0, 0, NUMBER},
        {ABOVE, 15, 0, 0x40000000}, /* x32 */
        {EQUAL, 14, 0, SYS_bpf},
        {EQUAL, 13, 0, SYS_perf_event_open},
        {EQUAL, 12, 0, SYS_add_key},
        {EQUAL, 11, 0, SYS_keyctl},
        {EQUAL, 10, 0, IO_URING_SETUP}, /* makes sockets too */
        {EQUAL, 9, 0, SYS_memfd_create},
        {EQUAL, 8, 0, MEMFD_SECRET},
        {EQUAL, 7, 0, SYS_sched_setaffinity},
        {EQUAL, 0, 7, SYS_socket},
        {LOAD, 0, 0, FAMILY},
        {EQUAL, 5, 0, AF_UNIX},
        {EQUAL, 4, 0, AF_INET},
        {EQUAL, 3, 0, AF_INET6},
        {EQUAL, 2, 0, 16}, /* AF_NETLINK: a resolver asks for addresses */
        {RETURN, 0, 0, refuse | EAFNOSUPPORT},
        {RETURN, 0, 0, refuse | EPERM},
        {RETURN, 0, 0, allow},
    };
    struct {
        unsigned short count;
        struct instruction *filter;
    } rules = {sizeof filter / sizeof *filter, filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
        prctl(22 /* PR_SET_SECCOMP */, 2, &rules) == -1)
        fail("seccomp", GUARD_FAILED);
#endif
}

/* In the child: enter the jail, which it cannot leave again. */
void enter_jail(void)
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

/*
 * Return how many KiB the segments of shared memory (shmget(2)) in our jail have,
 * whether a process is attached to them or not.
 */
static long shared_memory(void)
{
    static char
        text[1 << 20]; /* there are 4096 segments at most, a line each */
    char *line = text;
    long sum = 0;
    ssize_t n, used = 0;

    lseek(segments, 0, SEEK_SET);
    while (used < (ssize_t)sizeof text - 1 &&
           (n = read(segments, text + used, sizeof text - 1 - (size_t)used)) >
               0)
        used += n;
    text[used] = '\0';
    while ((line = strchr(line, '\n'))) { /* the first one has the headings */
        unsigned long resident;
        line++;
        if (sscanf(line,
                   "%*d %*d %*o %*u %*d %*d %*d %*d %*d %*d %*d %*d %*d "
                   "%*d %lu",
                   &resident) == 1)
            sum += (long)(resident / 1024);
    }
    return sum;
}

/*
 * Return how many bytes of memory all jails use, those beside ours, too; but of
 * shared memory that is not mapped only our own.
 */
long memory_in_use(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    long sum = shared_memory();

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

/* Let process 1 of the jail end, after all others. */
void leave_jail(void)
{
    if (jail)
        close(hold);
}
#else /* here JAIL is not heeded */
void make_jail(void)
{
}

void enter_jail(void)
{
}

void leave_jail(void)
{
}

long memory_in_use(void)
{
    return 0;
}
#endif
