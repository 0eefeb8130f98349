/*
 * It reads a line, sends it, and receives once.
 *
 * A beginner's client for lesson 04, as many people first write it.  tests/self/limits.bats
 * sees that its tests cost no more time than those of a client that works.
 */
#include "dial.h"

int main(int argc, char *argv[])
{
    char buf[1024];
    int conn =
        dial(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "65432");

    while (fgets(buf, sizeof buf, stdin)) {
        send(conn, buf, strlen(buf), 0);
        ssize_t n = recv(conn, buf, sizeof buf - 1, 0);
        if (n <= 0)
            break;
        buf[n] = '\0';
        printf("%s", buf);
    }
    close(conn);
    return 0;
}
