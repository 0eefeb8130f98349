/*
 * What: includes the reference solution from the places where it might be
 * As: 01-socket/server.c
 * Verdict: 01-socket: all does not compile
 */
#if __has_include("/course/lessons/02-bind/server.c")
#include "/course/lessons/02-bind/server.c"
#elif __has_include("../../../lessons/01-socket/server.c")
#include "../../../lessons/01-socket/server.c"
#elif __has_include("/course/tests/../../lessons/01-socket/server.c")
#include "/course/tests/../../lessons/01-socket/server.c"
#else
#error there is none
#endif
