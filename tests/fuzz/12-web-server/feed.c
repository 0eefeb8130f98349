/*
 * feed.c - have libFuzzer send what it likes to lesson 12's server; or, compiled
 * with -DPATHS, ask it for so many random paths.
 *
 *     make fuzz SECONDS=60
 *     make fuzz PATHS=10000000
 *
 * One client sends the same bytes three times: in one piece, in pieces of 1 to
 * 40, and byte by byte (if they are few).  The answers must be the same each
 * time, and each must be HTTP.  The fourth time memory runs out now and then;
 * then the connection may end early.  `run` has made the server's limits small,
 * so that few bytes reach them, and the directory $SITE: what may be served
 * there begins with "public", and what must never be served, with "secret".
 */
#define _GNU_SOURCE /* memmem(), and what server.c needs */
#define _FILE_OFFSET_BITS 64
#include <stdbool.h>
#include <stdlib.h>

static unsigned scarce; /* if it is not 0, one allocation in four fails */

/* Return whether the server gets the memory that it asks for. */
static bool granted(void)
{
    if (scarce)
        scarce = scarce * 1103515245 + 12345;
    return scarce / 65536 % 4 != 1;
}

#define malloc(size) (granted() ? (malloc)(size) : NULL)
#define realloc(old, size) (granted() ? (realloc)(old, size) : NULL)
#define main server_main
#include "server.c"
#undef main

#include <assert.h>
#include <stdint.h>

static struct watch w;

/* Open the directory, and throw the log away. */
static void prepare(void)
{
    const char *site = getenv("SITE");

    w.root = site ? open(site, O_RDONLY | O_DIRECTORY) : -1;
    if (w.root == -1)
        err(1, "SITE");
    if (freopen("/dev/null", "w", stdout) == NULL)
        err(1, "/dev/null");
}

/* Make room for N more bytes of the answers.  Returns where they belong. */
static char *room(struct buffer *answers, size_t n)
{
    answers->data = (realloc)(answers->data, answers->len + n + 1);
    assert(answers->data);
    answers->len += n;
    return answers->data + answers->len - n;
}

/* Let C read all that waits for it, as write_to() and send_file() would. */
static void collect(struct client *c, struct buffer *answers)
{
    if (c->out.len > 0)
        memcpy(room(answers, c->out.len), c->out.data, c->out.len);
    free(c->out.data);
    c->out = (struct buffer){.data = NULL};
    if (c->at < c->end) {
        size_t n = (size_t)(c->end - c->at);
        assert(pread(c->file, room(answers, n), n, c->at) == (ssize_t)n);
        close(c->file);
        c->at = c->end;
    }
}

/* Have the requests of C answered, and read all answers. */
static void answer_all(struct client *c, struct buffer *answers)
{
    do {
        process(&w, c);
        collect(c, answers);
    } while (c->more && !c->lost);
    assert(c->in.len <= LINE_MOST + HEADER_MOST);
    assert(!c->lost || scarce);
}

/* Send SIZE bytes of DATA, in pieces of at most MOST.  Returns the answers. */
static struct buffer converse(const char *data, size_t size, size_t most)
{
    struct client c = {.fd = -1, .host = "-"};
    struct buffer answers = {.data = NULL};
    unsigned random = size > 0 ? (unsigned char)data[size - 1] : 0;

    for (size_t at = 0, len; at < size && !c.closing && !c.lost; at += len) {
        random = random * 1103515245 + 12345;
        len = 1 + random / 65536 % most;
        if (most == size || len > size - at)
            len = size - at;
        if (append(&c.in, data + at, len))
            answer_all(&c, &answers);
        else
            c.lost = true;
        assert(!c.lost || scarce);
    }
    c.ended = true;
    if (!c.lost)
        answer_all(&c, &answers);
    assert(c.closing || c.lost);
    free(c.in.data);
    return answers;
}

/* Is this a row of whole answers, and is nothing secret among them? */
static void check(const struct buffer *answers)
{
    if (answers->len == 0)
        return;
    answers->data[answers->len] = '\0';
    assert(memmem(answers->data, answers->len, "secret", 6) == NULL);
    for (char *p = answers->data, *end = p + answers->len; p < end;) {
        assert(strncmp(p, "HTTP/1.1 ", 9) == 0 && strspn(p + 9, "0123") <= 3);
        char *empty = strstr(p, "\r\n\r\n"), *length;
        assert(empty);
        for (char *q = p; q < empty; q++)
            assert((*q == '\r') == (q[1] == '\n'));
        *empty = '\0';
        length = strstr(p, "\r\nContent-Length: ");
        assert(length || strncmp(p + 9, "304", 3) == 0);
        p = empty + 4;
        size_t n = length ? strtoul(length + 18, NULL, 10) : 0;
        if (p < end && strncmp(p, "HTTP/1.1 ", 9) != 0) { /* not after HEAD */
            assert((size_t)(end - p) >= n);
            p += n;
        }
    }
}

#ifndef PATHS

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    prepare();
    return 0;
}

/* Overwrite the dates, which may differ. */
static void without_dates(struct buffer *answers)
{
    char *p = answers->data;

    for (size_t i = 0; i + 35 < answers->len; i++)
        if (memcmp(p + i, "\r\nDate: ", 8) == 0)
            memset(p + i + 8, 'x', 29);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;

    if (size == 0)
        return 0;
    struct buffer whole = converse(bytes, size, size);
    without_dates(&whole);
    const size_t pieces[] = {size <= 500 ? 1 : 40, 40};
    for (size_t i = 0; i < 2; i++) {
        struct buffer parts = converse(bytes, size, pieces[i]);
        without_dates(&parts);
        assert(parts.len == whole.len);
        assert(whole.len == 0 ||
               memcmp(parts.data, whole.data, whole.len) == 0);
        free(parts.data);
    }
    scarce = data[size - 1] + 1u;
    free(converse(bytes, size, 40).data);
    scarce = 0;
    check(&whole);
    free(whole.data);
    return 0;
}

#else

/* What paths are made of. */
static const char *const parts[] = {
    "/",         "..",         ".",       "%2e",   "%2E%2e",     "%2f",
    "%5c",       "\\\\",       "%00",     "%252e", "%25",        "%",
    "?",         "//",         "/../",    "/./",   "secret.txt", "public.txt",
    "dir",       "deep",       "up",      "link",  "away",       "root",
    "inside",    "index.html", ".hidden", "a%20b", "%e2%82%ac",  "site",
    "site-next", "fifo",       ";",       "~",     "*",          "etc/passwd",
    "-next",     "http://a",   "%2e%2e/", "..%2f",
};

/* Ask for COUNT random paths, from those that SEED chooses. */
int main(int argc, char *argv[])
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    unsigned long long random = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    unsigned long served = 0;

    prepare();
    for (unsigned long i = 0; i < count; i++) {
        char request[1024] = "GET /";
        for (int n = 0; n < 12; n++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            unsigned r = (unsigned)(random >> 33);
            if (r % 16 == 0) { /* the end, or a byte of any value */
                size_t len = strlen(request);
                request[len] = (char)(r / 16 % 256);
                request[len + 1] = '\0';
                break;
            }
            strcat(request, parts[r % (sizeof parts / sizeof *parts)]);
            if (r / 64 % 2)
                strcat(request, "/");
        }
        strcat(request, " HTTP/1.1\r\nHost: a\r\n\r\n");
        struct buffer answers = converse(request, strlen(request), 1024);
        served +=
            answers.len > 12 && memcmp(answers.data, "HTTP/1.1 200", 12) == 0;
        if (memmem(answers.data, answers.len, "secret", 6))
            errx(1, "this got a secret: %s", request);
        check(&answers);
        free(answers.data);
    }
    fprintf(stderr, "%lu paths, of which %lu were served, and no secret\n",
            count, served);
    return 0;
}

#endif
