/*
 * It reads a word, sends it, and prints what it receives on a line.
 *
 * A beginner's client for lesson 04, as many people first write it.  tests/self/limits.bats
 * sees that its tests cost no more time than those of a client that works.
 */
#include "dial.h"

int main(int argc, char *argv[])
{
    char word[1024];
    int conn =
        dial(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "65432");

    while (scanf("%1023s", word) == 1) {
        send(conn, word, strlen(word), 0);
        ssize_t n = recv(conn, word, sizeof word - 1, 0);
        if (n <= 0)
            break;
        word[n] = '\0';
        printf("%s\n", word);
    }
    close(conn);
    return 0;
}
