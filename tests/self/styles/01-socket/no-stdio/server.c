/* server.c of 01-socket in another style: no stdio, no tables; it puts its line
 * together byte by byte, gives socket() its protocol, and writes once. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char line[256];
static size_t used;

static void put(const char *s) {
    while (*s && used < sizeof line) line[used++] = *s++;
}

static void put_number(unsigned n) {
    if (n > 9) put_number(n / 10);
    put((char[]){(char)('0' + n % 10), 0});
}

static void flush_to(int fd) {
    size_t done = 0;
    while (done < used) {
        ssize_t n = write(fd, line + done, used - done);
        if (n < 0 && errno != EINTR) _exit(1);
        if (n > 0) done += (size_t)n;
    }
    used = 0;
}

static void complain(const char *a, const char *b, int status) {
    used = 0;
    put("server: "); put(a); put(": "); put(b); put("\n");
    flush_to(2);
    _exit(status);
}

static int option(int fd, int which) {
    int value = 0;
    socklen_t n = sizeof value;
    if (getsockopt(fd, SOL_SOCKET, which, &value, &n) < 0)
        complain("getsockopt", strerror(errno), 1);
    return value;
}

int main(int argc, char **argv) {
    const char *family = argc > 1 ? argv[1] : "inet";
    const char *type = argc > 2 ? argv[2] : "stream";
    int f = !strcmp(family, "inet")    ? AF_INET
            : !strcmp(family, "inet6") ? AF_INET6
            : !strcmp(family, "unix")  ? AF_UNIX
                                       : -1;
    int t = !strcmp(type, "stream")      ? SOCK_STREAM
            : !strcmp(type, "dgram")     ? SOCK_DGRAM
            : !strcmp(type, "seqpacket") ? SOCK_SEQPACKET
                                         : -1;
    if (argc > 3) complain("usage", "server [FAMILY [TYPE]]", 2);
    if (f < 0) complain("unknown family", family, 2);
    if (t < 0) complain("unknown type", type, 2);

    int p = f == AF_UNIX || t == SOCK_SEQPACKET ? 0
            : t == SOCK_STREAM                  ? IPPROTO_TCP
                                                : IPPROTO_UDP;
    int fd = socket(f, t, p);
    if (fd < 0) complain("socket", strerror(errno), 1);

#ifdef SO_DOMAIN
    f = option(fd, SO_DOMAIN);
#endif
#ifdef SO_PROTOCOL
    p = option(fd, SO_PROTOCOL);
#endif
    t = option(fd, SO_TYPE);

    put("socket ");
    put_number((unsigned)fd);
    put(f == AF_INET ? ": AF_INET, " : f == AF_INET6 ? ": AF_INET6, " : ": AF_UNIX, ");
    put(t == SOCK_STREAM ? "SOCK_STREAM, " : t == SOCK_DGRAM ? "SOCK_DGRAM, " : "SOCK_SEQPACKET, ");
    put(p == IPPROTO_TCP ? "IPPROTO_TCP\n" : p == IPPROTO_UDP ? "IPPROTO_UDP\n" : "0\n");
    flush_to(1);
    return 0;
}
