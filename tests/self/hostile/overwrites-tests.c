/*
 * What: overwrites tests, tools, results and itself; does its work if it could not
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define main lesson
#include "own.c"
#undef main
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* May we change anything in DIR, or below it? */
static int changed(const char *dir, int depth)
{
    DIR *list = opendir(dir);
    char path[4096];
    int any = 0;

    for (struct dirent *e; list && (e = readdir(list));) {
        struct stat about;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] == '.' || lstat(path, &about) == -1 ||
            strcmp(path, "/dev/shm") == 0) /* that one is its own */
            continue;
        if (S_ISDIR(about.st_mode) && depth > 0)
            any |= changed(path, depth - 1);
        if (!S_ISLNK(about.st_mode))
            any |= chmod(path, 0777) == 0 || unlink(path) == 0 ||
                   (S_ISREG(about.st_mode) && open(path, O_WRONLY) != -1);
    }
    if (list)
        closedir(list);
    snprintf(path, sizeof path, "%s/x", dir);
    return any || open(path, O_WRONLY | O_CREAT, 0600) != -1;
}

int main(int argc, char *argv[])
{
    const char *dirs[] = {"/course",
                          "/build",
                          "/etc",
                          "/home",
                          "/root",
                          "/var/tmp",
                          "/autograder",
                          "/jail",
                          "/here",
                          "/dev",
                          "/usr/lib/bats-core",
                          "/usr/local/bin"};

    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        if (changed(dirs[i], 2))
            return 99;
    if (open(argv[0], O_WRONLY) != -1 || open("/proc/self/exe", O_WRONLY) != -1)
        return 98;
    lesson(argc, argv);
    return 0;
}
