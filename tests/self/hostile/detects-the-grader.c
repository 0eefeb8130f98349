/*
 * What: works only if the environment shows that it is being tested
 * As: 01-socket/server.c
 * Verdict: 01-socket: all failed
 */
#define main lesson
#include "own.c"
#undef main
#include <stdlib.h>

int main(int argc, char *argv[])
{
    const char *names[] = {"BATS_TEST_NAME", "BATS_VERSION",  "BATS_ROOT",
                           "BATS_RUN_TMPDIR", "LESSONS",      "TOOLS",
                           "BUILD",          "SEED",          "JAIL",
                           "GUARD_SHARES",   "CI",            "GITHUB_ACTIONS"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return lesson(argc, argv), 0;
    if (strstr(argv[0], "bats"))
        return lesson(argc, argv), 0;
    return 99;
}
