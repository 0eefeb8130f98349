/*
 * feed.c - have libFuzzer send what it likes to lesson 11's server.
 *
 *     make fuzz SECONDS=60
 *
 * One client sends the same bytes three times: in one piece, in pieces of 1 to
 * 40, and byte by byte (if they are few).  The replies must be the same each
 * time, and each must be RESP.  The fourth time memory runs out now and then;
 * the replies may differ then, but none may be cut.  `run` has made the
 * server's limits small, so that few bytes reach them.
 */
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

enum { WHOLE, BYTES, PIECES, SCARCE }; /* how the bytes are sent */

/* Let C read all that waits for it, as write_to() and send() would. */
static void collect(struct client *c, struct buffer *replies)
{
    replies->data = (realloc)(replies->data, replies->len + c->out.len + 1);
    assert(replies->data);
    if (c->out.len > 0)
        memcpy(replies->data + replies->len, c->out.data, c->out.len);
    replies->len += c->out.len;
    free(c->out.data);
    c->out = (struct buffer){.data = NULL};
}

/* Have the requests of C carried out, and read all replies. */
static void answer_all(struct store *s, struct client *c,
                       struct buffer *replies)
{
    do {
        process(s, c);
        collect(c, replies);
    } while (c->more && !c->lost);
    assert(c->closing || c->in.len <= REQUEST_MOST + 24); /* and half a line */
    assert(s->bytes <= STORE_MOST);
    assert(!c->lost || scarce);
}

/* Send SIZE bytes of DATA to an empty store.  Returns the replies. */
static struct buffer converse(const char *data, size_t size, int how)
{
    static struct store s = {.base = 1000003};
    struct client c = {.fd = -1};
    struct buffer replies = {.data = NULL};
    unsigned random = (unsigned char)data[size - 1];

    scarce = how == SCARCE ? random + 1 : 0;
    for (size_t at = 0, len; at < size && !c.closing && !c.lost; at += len) {
        random = random * 1103515245 + 12345;
        len = how == WHOLE ? size : how == BYTES ? 1 : 1 + random / 65536 % 40;
        if (len > size - at)
            len = size - at;
        if (append(&c.in, data + at, len))
            answer_all(&s, &c, &replies);
        else
            c.lost = true;
        assert(!c.lost || scarce);
    }
    c.ended = true;
    if (!c.lost)
        answer_all(&s, &c, &replies);
    assert(c.closing || c.lost);
    free(c.in.data);
    for (size_t i = 0; i < CHAINS; i++)
        while (s.chains[i])
            erase(&s, &s.chains[i]);
    assert(s.entries == 0 && s.bytes == 0);
    return replies;
}

/* Is this a row of whole replies?  (An array, *2, is followed by two.) */
static void check(const struct buffer *replies)
{
    long wanted = 0; /* elements of an array */

    if (replies->len == 0)
        return;
    const char *p = replies->data, *end = p + replies->len;
    for (; p<end; wanted -= wanted> 0) {
        char *after;
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        assert(newline && newline[-1] == '\r' && strchr("+-:$*", *p));
        assert(memchr(p, '\r', (size_t)(newline - p)) == newline - 1);
        long n = *p == '$' || *p == '*' ? strtol(p + 1, &after, 10) : -1;
        if (*p == '*')
            wanted += n + 1;
        if (*p == '$' && n >= 0) {
            assert(end - newline - 1 >= n + 2);
            assert(memcmp(newline + 1 + n, "\r\n", 2) == 0);
            newline += n + 2;
        }
        p = newline + 1;
    }
    assert(wanted == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;

    if (size == 0)
        return 0;
    struct buffer whole = converse(bytes, size, WHOLE);
    check(&whole);
    for (int how = size <= 500 ? BYTES : PIECES; how <= SCARCE; how++) {
        struct buffer parts = converse(bytes, size, how);
        check(&parts);
        bool same =
            parts.len == whole.len &&
            (whole.len == 0 || memcmp(parts.data, whole.data, whole.len) == 0);
        assert(same || how == SCARCE);
        free(parts.data);
    }
    free(whole.data);
    return 0;
}
