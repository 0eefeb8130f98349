/*
 * What: needs more memory to compile than there is
 * As: 01-socket/server.c
 * Verdict: 01-socket: all does not compile
 */
#define A(x) x x x x x x x x x x x x x x x x
#define B(x) A(A(A(x)))
#define C(x) B(B(B(x)))

int main(void)
{
    return C(1 +) 0;
}
