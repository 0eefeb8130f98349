/*
 * account.c - what probe has done so far, line by line, and the report of a
 * failure that is made of it.  Every suite's failures show such reports.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

bool besieging;
jmp_buf again;
static char account[8192];

/*
 * Add a line to the account, which FORMAT and what follows describe as for
 * printf(3).  An account that is too long loses lines at its beginning.
 */
void note(const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    size_t used = strlen(account), more = strlen(line) + 2;
    if (used + more > sizeof account) {
        size_t cut = (size_t)(strchr(account + 4096, '\n') + 1 - account);
        memmove(account, account + cut, used - cut + 1);
        used -= cut;
    }
    snprintf(account + used, sizeof account - used, "%s\n", line);
}

/* Begin a new account. */
void forget_account(void)
{
    account[0] = '\0';
}

/* Print the account, although all was as expected. */
void print_account(void)
{
    fputs(account, stdout);
}

/* Print the account on stderr: if it has more than 40 lines, only 10 and the last 25. */
static void print_end_of_account(void)
{
    size_t lines = 0, at = 0;

    for (const char *c = account; *c; c++)
        lines += *c == '\n';
    for (const char *line = account, *next; *line; line = next, at++) {
        next = strchr(line, '\n') + 1;
        if (lines > 40 && at == 10)
            fprintf(stderr, "  ...      (%zu more steps)\n", lines - 35);
        if (lines <= 40 || at < 10 || at >= lines - 25)
            fwrite(line, 1, (size_t)(next - line), stderr);
    }
}

/*
 * Print the account and what happened instead of what was expected, which
 * FORMAT describes as for printf(3), and end probe with status 1.  During a
 * siege nothing is printed: probe goes on where `again` was set.
 */
void unexpected(const char *format, ...)
{
    va_list args;

    if (besieging)
        longjmp(again, 1);
    print_end_of_account();
    fputs("  but:     ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    if (seed_used)
        fprintf(stderr, "\n  stream:  SEED=%llu", (unsigned long long)seed);
    fputc('\n', stderr);
    print_calls();
    exit(UNEXPECTED);
}

/* Return how many of the LEN BYTES are printable or white space, up to another. */
static size_t text_length(const char *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && ((bytes[n] >= ' ' && bytes[n] <= '~') ||
                       (bytes[n] && strchr("\n\r\t", bytes[n]))))
        n++;
    return n;
}

/*
 * Return the beginning of LEN BYTES as people read it: at most 100 of them in
 * quotes, or 40 as hexadecimal numbers if these are not text; and how many bytes
 * there are.  The result is overwritten by the next call but one.
 */
const char *show(const char *bytes, size_t len)
{
    static char text[2][256];
    static int turn;
    char *out = text[turn ^= 1];
    size_t most = text_length(bytes, len < 100 ? len : 100), n = 0;
    bool binary = most < len && most < 40;

    if (binary)
        most = len < 40 ? len : 40;
    const char *more = len > most ? " ..." : "";
    if (len == 0)
        return datagrams ? "an empty datagram" : "nothing";
    if (binary) {
        for (size_t i = 0; i < most; i++)
            n += (size_t)sprintf(out + n, i ? " %02x" : "%02x",
                                 (unsigned char)bytes[i]);
    } else {
        out[n++] = '"';
        for (size_t i = 0; i < most; i++) {
            const char *special = strchr("\nn\rr\tt\\\\\"\"", bytes[i]);
            if (special && strchr("\n\r\t\\\"", bytes[i])) {
                out[n++] = '\\';
                out[n++] = special[1];
            } else {
                out[n++] = bytes[i];
            }
        }
        out[n++] = '"';
    }
    snprintf(out + n, sizeof text[0] - n, "%s (%zu byte%s)", more, len,
             len == 1 ? "" : "s");
    return out;
}
