/*
 * What: hides a gigabyte and a half where no process shows them, in shared memory that nobody is attached to, then does its work
 * As: 01-socket/server.c
 * Verdict: 01-socket: some passed, some memory limit
 */
#define main lesson
#include "own.c"
#undef main
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

enum { PIECE = 64 << 20, PIECES = 24 };

/* Fill a segment of shared memory, and leave it. */
static void fill_segment(void)
{
    int id = shmget(IPC_PRIVATE, PIECE, IPC_CREAT | 0600);
    char *bytes = id == -1 ? (void *)-1 : shmat(id, NULL, 0);

    if (bytes == (void *)-1)
        return;
    memset(bytes, 'x', PIECE);
    shmdt(bytes);
}

int main(int argc, char *argv[])
{
    if (argc == 3 && strcmp(argv[2], "seqpacket") == 0 && argv[1][0] == 'u') {
        for (int i = 0; i < PIECES; i++)
            fill_segment();
        sleep(3); /* we look twenty times a second */
    }
    return lesson(argc, argv);
}
