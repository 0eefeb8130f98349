/*
 * relay.c - hands on what the program prints on stdout and stderr, without ever
 * waiting for the reader, and keeps a copy of the beginning (option -l).
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAITING = 1 << 20 }; /* bytes that may wait for a reader */
enum { COPY_AT_MOST = 1 << 16 }; /* bytes of the copy */

/* Return a relay from the pipe FROM to the descriptor TO, and COPY if not -1. */
struct relay new_relay(int from, int to, int copy)
{
    struct stat about;
    bool file = fstat(to, &about) == 0 && S_ISREG(about.st_mode);

    fcntl(from, F_SETFL, O_NONBLOCK);
    /* After POLLOUT a pipe takes PIPE_BUF bytes; a file takes what it gets. */
    return (struct relay){
        .from = from, .to = to, .copy = copy, .piece = file ? 65536 : 512};
}

/*
 * Add LEN BYTES to PIPE's copy, up to its size.  If the disk is full, the copy
 * ends here; the program is judged nevertheless.
 */
static void copy(struct relay *pipe, const char *bytes, size_t len)
{
    size_t room = COPY_AT_MOST - pipe->copied;
    ssize_t n = 0;

    if (len > room)
        len = room;
    if (pipe->copy != -1 && len > 0)
        n = write(pipe->copy, bytes, len);
    if (n == -1)
        pipe->copy = -1;
    else
        pipe->copied += (size_t)n;
}

/*
 * Read what PIPE has brought into its buffer; at its end, close it.  Returns how
 * many bytes were read.  At most WAITING bytes are kept for the reader.
 */
static size_t take(struct relay *pipe)
{
    if (pipe->start == pipe->end)
        pipe->start = pipe->end = 0;
    if (pipe->room - pipe->end < 65536) {
        pipe->room = 2 * pipe->room + 65536;
        pipe->bytes = realloc(pipe->bytes, pipe->room);
        if (pipe->bytes == NULL)
            fail("realloc", GUARD_FAILED);
    }
    ssize_t n = read(pipe->from, pipe->bytes + pipe->end, 65536);
    if (n > 0) {
        copy(pipe, pipe->bytes + pipe->end, (size_t)n);
        if (pipe->end - pipe->start < WAITING)
            pipe->end += (size_t)n;
        return (size_t)n;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(pipe->from);
        pipe->from = -1;
    }
    return 0;
}

/* Write some of the bytes in PIPE's buffer; called when its reader has room. */
static void give(struct relay *pipe)
{
    size_t len = pipe->end - pipe->start;
    ssize_t n = write(pipe->to, pipe->bytes + pipe->start,
                      len < pipe->piece ? len : pipe->piece);

    if (n > 0) {
        pipe->start += (size_t)n;
    } else if (n == -1 && errno != EINTR && errno != EAGAIN) {
        pipe->to = -1; /* its reader has closed it */
        pipe->start = pipe->end;
    }
}

/*
 * Wait up to SECONDS for output, for room for output, a signal or a child's end,
 * and hand on what can be handed on.  Returns how many bytes were read.
 */
size_t relay(struct relay pipes[2], double seconds)
{
    struct pollfd fds[5] = {[4] = {.fd = wake[0], .events = POLLIN}};
    char woken[64];
    size_t taken = 0;

    for (int i = 0; i < 2; i++) {
        bool waits = pipes[i].start < pipes[i].end && pipes[i].to != -1;
        fds[i] = (struct pollfd){.fd = pipes[i].from, .events = POLLIN};
        fds[2 + i] =
            (struct pollfd){.fd = waits ? pipes[i].to : -1, .events = POLLOUT};
    }
    if (poll(fds, 5, seconds > 0 ? (int)(seconds * 1000) + 1 : 0) <= 0)
        return 0;
    if (fds[4].revents && read(wake[0], woken, sizeof woken) == -1 &&
        errno != EAGAIN && errno != EINTR)
        fail("read", GUARD_FAILED);
    for (int i = 0; i < 2; i++) {
        if (fds[i].revents)
            taken += take(&pipes[i]);
        if (fds[2 + i].revents)
            give(&pipes[i]);
    }
    return taken;
}

/* Hand on what is left in the pipes, as long as it is read, for 5 s at most. */
void flush(struct relay pipes[2])
{
    double patience = now() + 5;

    for (int i = 0; i < 2; i++)
        while (pipes[i].from != -1 && take(&pipes[i]) > 0)
            ;
    while ((pipes[0].start < pipes[0].end || pipes[1].start < pipes[1].end) &&
           !told_to_end && now() < patience)
        relay(pipes, 0.1);
}
