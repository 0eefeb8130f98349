/* view.c - what a family of processes is and holds at one moment. */
#include "look.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Add the number behind KEY in TEXT to *SUM. */
static void add(const char *text, const char *key, unsigned long *sum)
{
    const char *found = strstr(text, key);

    if (found)
        *sum += strtoul(found + strlen(key), NULL, 10);
}

/* Add one thread of process PID to VIEW. */
static void look_at_thread(int pid, const char *tid, struct view *view)
{
    char path[300], text[4096];
    unsigned long user, system;
    char state;

    snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", pid, tid);
    if (!read_file(path, text, sizeof text) || !strrchr(text, ')'))
        return;
    if (sscanf(strrchr(text, ')'),
               ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state,
               &user, &system) != 3)
        return;
    view->threads++;
    view->ticks += user + system;
    view->running += state == 'R';
    view->stopped += strchr("TtZX", state) != NULL;
    view->asleep += strchr("SZX", state) != NULL;
    if (state == 'S' && listing)
        print_call(pid, tid);
    else if (state == 'R' && listing)
        puts("-");
    else if (state == 'S')
        look_at_call(pid, tid, view);
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", pid, tid);
    if (closely && read_file(path, text, sizeof text))
        add(text, "\nvoluntary_ctxt_switches:", &view->naps);
    if (closely && strstr(text, "\nTracerPid:") &&
        !strstr(text, "\nTracerPid:\t0\n"))
        view->traced++;
}

/* Add process PID to VIEW. */
static void look_at(int pid, struct view *view)
{
    char path[300], text[4096];
    struct dirent *entry;
    DIR *dir;

    view->processes++;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        view->descriptors += isdigit((unsigned char)*entry->d_name) != 0;
    if (dir)
        closedir(dir);

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        if (isdigit((unsigned char)*entry->d_name))
            look_at_thread(pid, entry->d_name, view);
    if (dir)
        closedir(dir);

    /* Since Linux 6.2 what the file status says of memory is a guess. */
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if (closely && read_file(path, text, sizeof text))
        add(text, "\nAnonymous:", &view->memory);
    else if (closely) {
        snprintf(path, sizeof path, "/proc/%d/status", pid);
        if (read_file(path, text, sizeof text))
            add(text, "\nRssAnon:", &view->memory);
    }
}

/* Return what the descendants of process ANCESTOR are and hold now. */
struct view look(int ancestor)
{
    static int family[MANY];
    struct view view = {0};
    int members = find_family(ancestor, family);

    for (int i = 1; i < members; i++)
        if (!is_first(family[i]))
            look_at(family[i], &view);
    return view;
}
