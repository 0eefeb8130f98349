/*
 * What: includes a file that never ends
 * As: 01-socket/server.c
 * Verdict: 01-socket: all does not compile
 */
#include "/dev/zero"
