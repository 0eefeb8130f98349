/*
 * framing.c - three ways to tell messages apart in a stream of bytes.
 *
 *     cc -o framing framing.c
 *     ./framing MESSAGE...
 *
 * Shows the stream that the messages become, and what is read out of it at the
 * other end.  See also: server.c, whose protocol uses two of the ways.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXED = 8, STREAM_MOST = 4096 };

/* Append MESSAGE to the LEN bytes of STREAM.  Returns how many it has now. */
typedef size_t put_message(char *stream, size_t len, const char *message);

/* How many bytes at P are the first message's, and where it begins there. */
typedef size_t get_message(const char *p, size_t *start, size_t *len);

static size_t put_fixed(char *stream, size_t len, const char *message)
{
    memset(stream + len, '.', FIXED);
    memcpy(stream + len, message, strnlen(message, FIXED));
    return len + FIXED;
}

static size_t get_fixed(const char *p, size_t *start, size_t *len)
{
    *start = 0;
    for (*len = FIXED; *len > 0 && p[*len - 1] == '.'; --*len)
        ;
    return FIXED;
}

static size_t put_delimited(char *stream, size_t len, const char *message)
{
    return len + (size_t)sprintf(stream + len, "%s\n", message);
}

static size_t get_delimited(const char *p, size_t *start, size_t *len)
{
    *start = 0;
    *len = strcspn(p, "\n");
    return *len + 1;
}

static size_t put_length(char *stream, size_t len, const char *message)
{
    return len +
           (size_t)sprintf(stream + len, "%zu:%s", strlen(message), message);
}

static size_t get_length(const char *p, size_t *start, size_t *len)
{
    char *colon;

    *len = strtoul(p, &colon, 10);
    *start = (size_t)(colon + 1 - p);
    return *start + *len;
}

/* Print LEN bytes; a newline is shown as \n. */
static void show_bytes(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf(bytes[i] == '\n' ? "\\n" : "%c", bytes[i]);
}

/* Put the messages into a stream, and get them out again. */
static void show(const char *way, put_message *put, get_message *get,
                 char *messages[])
{
    char stream[STREAM_MOST];
    size_t end = 0, at = 0, start, len;

    for (char **message = messages; *message; message++)
        end = put(stream, end, *message);
    printf("%-14s", way);
    show_bytes(stream, end);
    printf("\n%-14s", "");
    while (at < end) {
        size_t taken = get(stream + at, &start, &len);
        printf("[");
        show_bytes(stream + at + start, len);
        printf("]");
        at += taken;
    }
    printf("\n");
}

int main(int argc, char *argv[])
{
    size_t all = 0;

    for (int i = 1; i < argc; i++)
        all += strlen(argv[i]) + 20;
    if (argc < 2 || all > STREAM_MOST)
        errx(2, "usage: framing MESSAGE... (of %d bytes)", STREAM_MOST);
    show("fixed length", put_fixed, get_fixed, argv + 1);
    show("delimiter", put_delimited, get_delimited, argv + 1);
    show("length prefix", put_length, get_length, argv + 1);
}
