/*
 * What: includes a file that does not end
 * As: 01-socket/server.c
 * Verdict: 01-socket: all does not compile
 */
#include "/dev/zero"
