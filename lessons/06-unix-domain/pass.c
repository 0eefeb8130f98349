/*
 * pass.c - one process opens a file, and another one reads it.
 *
 *     cc -o pass pass.c
 *     ./pass FILE
 *
 * The child opens FILE and sends its descriptor over a pair of connected
 * unix-domain sockets.  The parent, which opens nothing, prints the first line.
 * See also: unix(7) (SCM_RIGHTS), cmsg(3).
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Room for a control message with one descriptor, aligned for its header. */
union control {
    char room[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

/* Send descriptor FD over CONN, beside one byte.  Exits if that fails. */
static void send_descriptor(int conn, int fd)
{
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union control control = {0};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control.room,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(conn, &message, 0) == -1)
        err(1, "sendmsg");
}

/*
 * Receive a descriptor over CONN, and return it: a new number, of the same open
 * file.  Exits if none arrives.
 */
static int receive_descriptor(int conn)
{
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union control control;
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control.room,
    };
    ssize_t n = recvmsg(conn, &message, 0);
    if (n == -1)
        err(1, "recvmsg");

    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int fd;
    if (n == 0 || header == NULL || header->cmsg_level != SOL_SOCKET ||
        header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(sizeof fd))
        errx(1, "no descriptor arrived");
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

/* The child: open FILE and send its descriptor over CONN.  Exits on failure. */
static void open_and_send(const char *file, int conn)
{
    int fd = open(file, O_RDONLY);

    if (fd == -1)
        err(1, "open %s", file);
    printf("child:  %s is descriptor %d\n", file, fd);
    send_descriptor(conn, fd);
}

/* The parent: receive a descriptor over CONN, and print the first line. */
static void receive_and_read(int conn)
{
    int fd = receive_descriptor(conn);
    FILE *file = fdopen(fd, "r");
    char line[256];

    if (file == NULL)
        err(1, "fdopen");
    printf("parent: received descriptor %d; its first line is\n", fd);
    if (fgets(line, sizeof line, file))
        printf("%s", line);
    fclose(file);
}

int main(int argc, char *argv[])
{
    int ends[2];

    if (argc != 2)
        errx(2, "usage: pass FILE");
    setvbuf(stdout, NULL, _IOLBF, 0); /* or the child would print it again */
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
        err(1, "socketpair");
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(ends[0]);
        open_and_send(argv[1], ends[1]);
        return 0;
    }
    close(ends[1]); /* or, if the child failed, we would wait forever */
    receive_and_read(ends[0]);
    if (waitpid(child, NULL, 0) == -1)
        err(1, "waitpid");
}
