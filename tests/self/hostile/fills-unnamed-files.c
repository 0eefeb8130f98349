/*
 * What: keeps memory in files of memfd_create(), which no process shows; does its work if there are none
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define _GNU_SOURCE /* memfd_create() */
#define main lesson
#include "own.c"
#undef main
#include <sys/mman.h>

int main(int argc, char *argv[])
{
    if (memfd_create("hidden", 0) != -1)
        errx(1, "here is room");
    return lesson(argc, argv);
}
