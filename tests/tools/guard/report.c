/*
 * report.c - the file that tells what happened (option -r).  helpers.bash reads
 * it in read_report.
 */
#include "guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Append a line to the report, if one is wanted, immediately and whole.  FORMAT
 * and what follows are as for printf(3).
 */
void report(const char *format, ...)
{
    char line[256];
    va_list args;

    if (options.report == -1)
        return;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (len > (int)sizeof line - 2)
        len = (int)sizeof line - 2;
    line[len++] = '\n';
    if (write(options.report, line, (size_t)len) != len)
        _exit(GUARD_FAILED);
}

/*
 * Say that WHAT failed, and why (errno); kill the program, and end with STATUS.
 */
void fail(const char *what, int status)
{
    int error = errno;

    fprintf(stderr, "guard: %s: %s\n", what, strerror(error));
    report("error %s: %s", what, strerror(error));
    if (program > 0)
        kill(-program, SIGKILL);
    _exit(status);
}
