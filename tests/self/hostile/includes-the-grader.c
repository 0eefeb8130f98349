/*
 * What: copies files of the grader and of the system into its program
 * As: 01-socket/server.c
 * Verdict: 01-socket: all does not compile
 */
__asm__(".section .rodata\n.incbin \"/course/tests/helpers.bash\"\n"
        ".incbin \"/etc/shadow\"\n");

int main(void)
{
    return 0;
}
