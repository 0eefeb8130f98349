/*
 * values.c - the arguments of steps: numbers, text with escapes, and the stream
 * of bytes that the seed chooses.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

bool seed_used;
uint64_t seed;

/* Return the number in TEXT; end with status 2 if TEXT is not a number. */
size_t number(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (end == text || *end != '\0')
        errx(USAGE, "%s: not a number", text);
    return n;
}

/*
 * Return the bytes that TEXT stands for, *LEN of them, to be freed: the escapes
 * \n \r \t \\ \0 \xHH are replaced.  Ends with status 2 at another escape.
 */
char *unescape(const char *text, size_t *len)
{
    char *bytes = malloc(strlen(text) + 1), *out = bytes;
    unsigned value;
    int used;

    if (bytes == NULL)
        err(PROBE_FAILED, "malloc");
    for (const char *in = text; *in; in++) {
        const char *found;
        if (*in != '\\') {
            *out++ = *in;
        } else if (in[1] == 'x' && sscanf(in, "\\x%2x%n", &value, &used) == 1) {
            *out++ = (char)value;
            in += used - 1;
        } else if (in[1] == '0') {
            *out++ = '\0';
            in++;
        } else if (in[1] && (found = strchr("n\nr\rt\t\\\\", in[1]))) {
            *out++ = found[1];
            in++;
        } else {
            errx(USAGE, "%s: unknown escape", in);
        }
    }
    *len = (size_t)(out - bytes);
    return bytes;
}

/*
 * Return LEN bytes of the seeded stream, to be freed, from byte START on, which
 * is a multiple of 8.  Each piece of it differs from all others, so bytes that
 * arrive in the wrong place are noticed (splitmix64).
 */
char *stream(size_t start, size_t len)
{
    char *bytes = malloc(len + 8);

    if (bytes == NULL)
        err(PROBE_FAILED, "malloc");
    for (size_t i = 0; i < len; i += 8) {
        uint64_t z = seed + ((start + i) / 8 + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        memcpy(bytes + i, &z, 8);
    }
    seed_used = true;
    return bytes;
}
