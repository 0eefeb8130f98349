/*
 * select(), arrays of a fixed size, CR LF at the end of each line, and a ring for
 * the bytes that wait.  An error is sent once, and the connection closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RING 65536u

static struct seat {
    int taken, ended, dead;
    char name[21];
    struct timespec since;
    char line[1026]; /* 1,024 bytes, and room for CR LF */
    size_t len;
    char ring[RING];
    size_t first, count;
} seats[FD_SETSIZE]; /* seats[fd] */

static int listener, pipe_in, pipe_out, seconds = 60, highest, closed_door;

static void flush(int fd)
{
    struct seat *s = &seats[fd];

    while (s->count > 0 && !s->dead) {
        size_t n = RING - s->first < s->count ? RING - s->first : s->count;
        ssize_t sent = write(fd, s->ring + s->first, n);
        if (sent == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (sent == -1) {
            s->dead = 1;
            return;
        }
        s->first = (s->first + (size_t)sent) % RING;
        s->count -= (size_t)sent;
    }
}

static void put(int fd, const char *text, size_t n)
{
    struct seat *s = &seats[fd];

    if (s->count + n > RING)
        flush(fd);
    if (s->dead || s->count + n > RING) {
        s->dead = 1;
        return;
    }
    for (size_t i = 0; i < n; i++)
        s->ring[(s->first + s->count++) % RING] = text[i];
}

static void puts_to(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

static void broadcast(int from, const char *a, const char *b, const char *c)
{
    char whole[1100];
    int n = snprintf(whole, sizeof whole, "%s%s%s\r\n", a, b, c);

    for (int fd = 0; fd <= highest; fd++)
        if (seats[fd].taken && *seats[fd].name && fd != from)
            put(fd, whole, (size_t)n);
}

static void out_of_the_room(int fd)
{
    char name[21];

    strcpy(name, seats[fd].name);
    *seats[fd].name = '\0';
    if (*name)
        broadcast(fd, "* ", name, " has left");
}

static void complain(int fd, const char *text)
{
    puts_to(fd, "error: ");
    puts_to(fd, text);
    puts_to(fd, "\r\n");
    flush(fd);
    seats[fd].dead = 1;
}

static void name_given(int fd, const char *name, size_t len)
{
    int others = 0;

    if (len == 0 || len > 20) {
        complain(fd, "a name has 1 to 20 characters");
        return;
    }
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            complain(fd, "letters and digits only");
            return;
        }
    }
    for (int i = 0; i <= highest; i++)
        if (seats[i].taken && strlen(seats[i].name) == len &&
            !memcmp(seats[i].name, name, len)) {
            complain(fd, "you are here already");
            return;
        }
    puts_to(fd, "* welcome, ");
    put(fd, name, len);
    puts_to(fd, "; ");
    for (int i = highest; i >= 0; i--)
        if (seats[i].taken && *seats[i].name) {
            puts_to(fd, others++ ? ", " : "here are: ");
            puts_to(fd, seats[i].name);
        }
    puts_to(fd, others ? "\r\n" : "nobody else is here yet\r\n");
    memcpy(seats[fd].name, name, len);
    seats[fd].name[len] = '\0';
    broadcast(fd, "* ", seats[fd].name, " has joined");
}

static void line_given(int fd)
{
    struct seat *s = &seats[fd];
    char head[32];

    if (s->len > 0 && s->line[s->len - 1] == '\r')
        s->len--;
    if (s->len > 1024) {
        complain(fd, "too long");
        return;
    }
    if (!*s->name) {
        name_given(fd, s->line, s->len);
    } else if (s->len > 0) {
        for (size_t i = 0; i < s->len; i++) {
            unsigned c = (unsigned char)s->line[i];
            if (c == 127 || (c < 32 && c != 9))
                s->line[i] = '?';
        }
        s->line[s->len] = '\0';
        snprintf(head, sizeof head, "<%s> ", s->name);
        broadcast(fd, head, s->line, "");
    }
    s->len = 0;
}

static void arrived(int fd)
{
    struct seat *s = &seats[fd];
    char buf[8192];
    ssize_t n = read(fd, buf, sizeof buf);

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1)
        s->dead = 1;
    if (n == 0)
        s->ended = 1;
    for (ssize_t i = 0; i < n && !s->dead; i++) {
        if (buf[i] == '\n')
            line_given(fd);
        else if (s->len == 1025 || (s->len == 1024 && buf[i] != '\r'))
            complain(fd, "too long");
        else
            s->line[s->len++] = buf[i];
    }
    if (n == 0)
        out_of_the_room(fd);
}

static void new_one(void)
{
    int fd = accept(listener, NULL, NULL);

    if (fd == -1) {
        if (errno == EMFILE || errno == ENFILE)
            closed_door = 1;
        return;
    }
    if (fd >= FD_SETSIZE) {
        close(fd);
        return;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    seats[fd].taken = 1;
    seats[fd].ended = seats[fd].dead = 0;
    seats[fd].len = seats[fd].count = seats[fd].first = 0;
    *seats[fd].name = '\0';
    clock_gettime(CLOCK_MONOTONIC, &seats[fd].since);
    if (fd > highest)
        highest = fd;
}

static double left_for(int fd)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return seconds - (double)(t.tv_sec - seats[fd].since.tv_sec) -
           (double)(t.tv_nsec - seats[fd].since.tv_nsec) / 1e9;
}

static void clean_up(void)
{
    for (int fd = 0; fd <= highest; fd++) {
        struct seat *s = &seats[fd];
        if (!s->taken)
            continue;
        if (!*s->name && !s->ended && left_for(fd) <= 0)
            s->dead = 1;
        if (!s->dead && !(s->ended && s->count == 0))
            continue;
        out_of_the_room(fd);
        s->taken = 0;
        close(fd);
        closed_door = 0;
        fd = -1; /* perhaps somebody else is dead now */
    }
}

static void told(int signo)
{
    int before = errno;

    (void)signo;
    if (write(pipe_in, "", 1) == -1)
        _exit(0);
    errno = before;
}

static void room(void)
{
    for (;;) {
        fd_set in, out;
        struct timeval time;
        double least = 1e9;

        FD_ZERO(&in);
        FD_ZERO(&out);
        FD_SET(pipe_out, &in);
        if (!closed_door)
            FD_SET(listener, &in);
        for (int fd = 0; fd <= highest; fd++) {
            if (!seats[fd].taken)
                continue;
            if (!seats[fd].ended)
                FD_SET(fd, &in);
            if (seats[fd].count > 0)
                FD_SET(fd, &out);
            if (!*seats[fd].name && !seats[fd].ended && left_for(fd) < least)
                least = left_for(fd);
        }
        least += 0.001;
        time.tv_sec = (time_t)(least > 0 ? least : 0);
        time.tv_usec = (suseconds_t)(least > 0
                                         ? (least - (double)time.tv_sec) * 1e6
                                         : 0);
        int n = select(FD_SETSIZE, &in, &out, NULL, least < 1e8 ? &time : NULL);
        if (n == -1 && errno != EINTR) {
            perror("select");
            exit(1);
        }
        if (n == -1)
            continue;
        if (FD_ISSET(pipe_out, &in))
            return;
        int most = highest;
        for (int fd = 0; fd <= most; fd++)
            if (seats[fd].taken && FD_ISSET(fd, &in))
                arrived(fd);
        for (int fd = 0; fd <= most; fd++)
            if (seats[fd].taken)
                flush(fd);
        clean_up();
        if (FD_ISSET(listener, &in))
            new_one();
    }
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    const char *port = argc > 2 ? argv[2] : "65432";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    struct sigaction action = {.sa_handler = told};
    struct rlimit files;
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    int on = 1, ends[2];
    char *rest, name[100], service[20];

    if (argc > 4 || !*port || strspn(port, "0123456789") != strlen(port) ||
        strlen(port) > 5 || atoi(port) > 65535)
        goto usage;
    if (argc > 3) {
        long n = strtol(argv[3], &rest, 10);
        if (*argv[3] < '0' || *argv[3] > '9' || *rest || n < 1 || n > 86400)
            goto usage;
        seconds = (int)n;
    }
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FD_SETSIZE) {
        files.rlim_cur =
            files.rlim_max < FD_SETSIZE ? files.rlim_max : FD_SETSIZE;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (error) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
        return 1;
    }
    if ((listener = socket(found->ai_family, SOCK_STREAM, 0)) == -1) {
        perror("socket");
        return 1;
    }
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, found->ai_addr, found->ai_addrlen) == -1) {
        perror("bind");
        return 1;
    }
    freeaddrinfo(found);
    if (listen(listener, 20) == -1 || pipe(ends) == -1) {
        perror("listen");
        return 1;
    }
    fcntl(listener, F_SETFL, O_NONBLOCK);
    pipe_out = ends[0];
    pipe_in = ends[1];
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    getsockname(listener, (struct sockaddr *)&own, &len);
    getnameinfo((struct sockaddr *)&own, len, name, sizeof name, service,
                sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(own.ss_family == AF_INET6 ? "listening on [%s]:%s\n"
                                     : "listening on %s:%s\n",
           name, service);
    fflush(stdout);
    room();
    return 0;
usage:
    fprintf(stderr, "usage: server [HOST [PORT [SECONDS]]]\n");
    return 2;
}
