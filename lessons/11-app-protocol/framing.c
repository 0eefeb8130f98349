/*
 * framing.c - three ways to tell messages apart in a stream of bytes.
 *
 *     cc -o framing framing.c
 *     ./framing MESSAGE...
 *
 * Prints the stream that the messages become, and the messages that the other
 * end finds in it.  Where the length is fixed, dots fill the rest, so a message
 * that ends with dots loses them.  See also: server.c, whose protocol uses two
 * of the ways.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXED = 8, STREAM_MOST = 4096 };

/* Append MESSAGE to the LEN bytes of STREAM.  Returns the new length. */
typedef size_t put_message(char *stream, size_t len, const char *message);

/*
 * Find the first message in the bytes at P: it begins at START and has LEN
 * bytes.  Returns how many bytes of the stream it takes up.
 */
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

/* Print LEN bytes, with \n for a newline. */
static void show_bytes(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf(bytes[i] == '\n' ? "\\n" : "%c", bytes[i]);
}

/* Print the stream that PUT makes of the messages, and what GET finds in it. */
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
