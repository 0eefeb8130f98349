/*
 * jail.h - what cell.c and guard.c share: mounts and users of namespaces.
 *
 * cell makes a small world for one submission: the system without anything of
 * its owner's, the tests, and JAIL, the root directory of a still smaller one.
 * In there guard runs each program of the submission: it sees the system and
 * itself, and nothing that judges it.  See namespaces(7), mount_namespaces(7).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JAIL "/jail"

/* Write TEXT to the file PATH, which is there.  Returns 0, or -1. */
static int tell_kernel(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd == -1)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* In a new user namespace: be there who we were, UID and GID. */
static int keep_ids(uid_t uid, gid_t gid)
{
    char map[64];

    if (tell_kernel("/proc/self/setgroups", "deny") == -1)
        return -1;
    snprintf(map, sizeof map, "%u %u 1", (unsigned)uid, (unsigned)uid);
    if (tell_kernel("/proc/self/uid_map", map) == -1)
        return -1;
    snprintf(map, sizeof map, "%u %u 1", (unsigned)gid, (unsigned)gid);
    return tell_kernel("/proc/self/gid_map", map);
}

/* Make the mount at PATH read-only; what restricts it already must stay. */
static int make_read_only(const char *path)
{
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
    struct statvfs about;

    if (statvfs(path, &about) == -1)
        return -1;
    flags |= about.f_flag & ST_NOSUID ? MS_NOSUID : 0;
    flags |= about.f_flag & ST_NODEV ? MS_NODEV : 0;
    flags |= about.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
    flags |= about.f_flag & ST_NOATIME ? MS_NOATIME : 0;
    flags |= about.f_flag & ST_NODIRATIME ? MS_NODIRATIME : 0;
    flags |= about.f_flag & ST_RELATIME ? MS_RELATIME : 0;
    return mount(NULL, path, NULL, flags, NULL);
}

/* Show what is at FROM at TO as well, where nobody can change it. */
static int show(const char *from, const char *to)
{
    if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) == -1)
        return -1;
    return make_read_only(to);
}

/* Let DIR, which is a mount, be the root directory, and forget the old one. */
static int make_root(const char *dir)
{
    if (chdir(dir) == -1 || syscall(SYS_pivot_root, ".", ".") == -1 ||
        umount2(".", MNT_DETACH) == -1)
        return -1;
    return chdir("/");
}
