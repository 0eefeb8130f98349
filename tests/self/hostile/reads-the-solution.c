/*
 * What: searches for tests, solutions and its neighbors; does its work if it finds none
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define main lesson
#include "own.c"
#undef main
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

/* Does DIR hold what it should not, a test or another lesson's program? */
static int found(const char *dir, int depth)
{
    DIR *list = opendir(dir);
    char path[4096];
    int any = 0;

    for (struct dirent *e; list && (e = readdir(list));) {
        const char *n = e->d_name;
        snprintf(path, sizeof path, "%s/%s", dir, n);
        if (n[0] == '.' || strcmp(path, "//proc") == 0 ||
            strcmp(path, "//usr") == 0 || strcmp(path, "//opt") == 0)
            continue;
        any |= strstr(n, ".bats") || strcmp(n, "helpers.bash") == 0 ||
               strcmp(n, "grade") == 0 || strcmp(n, "names.c") == 0;
        if (e->d_type == DT_DIR && depth > 0)
            any |= found(path, depth - 1);
    }
    if (list)
        closedir(list);
    return any;
}

int main(int argc, char *argv[])
{
    const char *paths[] = {"/proc/1/cwd", "/proc/1/root", "/proc/self/root/work",
                           "/root", "/home", "..", "/proc/self/fd/3"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (found(paths[i], 3))
            return 99;
    if (found("/", 6))
        return 98;
    lesson(argc, argv);
    return 0;
}
