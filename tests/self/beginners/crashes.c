/*
 * It uses a pointer that is NULL.
 *
 * A beginner's client for lesson 04, as many people first write it.  tests/self/limits.bats
 * sees that its tests cost no more time than those of a client that works.
 */
#include "dial.h"

int main(int argc, char *argv[])
{
    char *buf = getenv("there is none of this name");
    int conn =
        dial(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "65432");

    buf[read(STDIN_FILENO, buf, 1024)] = '\0';
    send(conn, buf, strlen(buf), 0);
    return *(volatile char *)buf;
}
