/*
 * It reads everything, sends everything, and then receives.
 *
 * A beginner's client for lesson 04, as many people first write it.  tests/self/limits.bats
 * sees that its tests cost no more time than those of a client that works.
 */
#include "dial.h"

int main(int argc, char *argv[])
{
    static char buf[1 << 20];
    int conn =
        dial(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "65432");
    size_t len = fread(buf, 1, sizeof buf, stdin), at;
    ssize_t n;

    for (at = 0; at < len; at += (size_t)n)
        if ((n = send(conn, buf + at, len - at, 0)) <= 0)
            return 1;
    for (at = 0; at < len; at += (size_t)n)
        if ((n = recv(conn, buf + at, len - at, 0)) <= 0)
            return 1;
    fwrite(buf, 1, len, stdout);
    return 0;
}
