/*
 * What: prints what graders print: TAP, JUnit, PASS, a workflow command
 * As: 01-socket/server.c
 * Verdict: 01-socket: 10 failed
 */
#include <stdio.h>

int main(void)
{
    puts("1..10\nok 1 without arguments it makes a TCP socket over IPv4");
    puts("ok 2\nok 7 # skip\nPASS\nALL TESTS PASSED\n::notice::10/10");
    puts("##[error]no\n]]></failure></testcase><testcase name=\"x\"/>\n\"}]}");
    puts("guard failed: no\n# guard failed: no\n\033[32mok\033[0m \xff\xc0\x80");
    fputs("::error::no\n\r1..0 # skip all\n~~~\n# passed\n", stderr);
    fwrite("ok\0ok", 1, 5, stdout);
    return 0;
}
