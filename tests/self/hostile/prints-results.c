/*
 * What: prints the output of graders: TAP, JUnit, PASS, a workflow command
 * As: 01-socket/server.c
 * Verdict: 01-socket: all failed
 */
#include <stdio.h>

int main(void)
{
    puts("\033[32mok 1\033[0m \xff\xc0\x80 ##[error]no");
    puts("ok 2\nok 7 # skip");
    puts("]]></failure></testcase><testcase name=\"x\"/>\n\"}]}");
    puts("guard failed: no\n# guard failed: no\n1..10\nPASS\n::notice::10/10");
    fputs("::error::no\n\r1..0 # skip all\n~~~\n# passed\n", stderr);
    fwrite("ok\0ok", 1, 5, stdout);
    return 0;
}
