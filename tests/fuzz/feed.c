/*
 * feed.c - have libFuzzer send what it likes to lesson 11's server.
 *
 *     make fuzz SECONDS=60
 *
 * Its function feed() is all that looks at bytes from outside.  It gets the same
 * bytes three times: in large pieces, in pieces of 1 to 40, and byte by byte (if
 * they are few).  The replies must be the same each time, and each must be RESP.
 * `run` has made the server's limits small, so that few bytes reach them.
 */
#define main server_main
#include "server.c"
#undef main

#include <assert.h>
#include <stdint.h>

/* All replies to one client. */
struct replies {
    char *bytes;
    size_t len;
};

/* Let the client read what waits for it, as reply_to() and send() would. */
static void collect(struct client *c, struct replies *all)
{
    all->bytes = realloc(all->bytes, all->len + c->end + 1);
    assert(all->bytes);
    memcpy(all->bytes + all->len, c->bytes, c->end);
    all->len += c->end;
    free(c->bytes);
    c->bytes = NULL;
}

/* Send LEN bytes of DATA in one piece, and read all replies. */
static void send_piece(struct store *s, struct client *c, const char *data,
                       size_t len, struct replies *all)
{
    if (c->over)
        return;
    assert(feed(s, c, data, len) == 0);
    collect(c, all);
    while (c->more) {
        assert(c->in || !c->come);
        assert(feed(s, c, "", 0) == 0);
        collect(c, all);
    }
    assert(c->come < REQUEST_MOST); /* so the next piece fits */
    assert(s->bytes <= STORE_MOST);
}

/* Send SIZE bytes of DATA to an empty store, in pieces that CUTS says. */
static struct replies converse(const char *data, size_t size, int cuts)
{
    static struct store s = {.base = 1000003};
    struct client c = {.bytes = NULL};
    struct replies all = {.bytes = NULL};
    unsigned random = (unsigned char)data[size - 1];

    for (size_t at = 0, len; at < size; at += len) {
        random = random * 1103515245 + 12345;
        len = cuts == 0 ? PIECE : cuts == 1 ? 1 : 1 + random / 65536 % 40;
        if (len > size - at)
            len = size - at;
        send_piece(&s, &c, data + at, len, &all);
    }
    free(c.in);
    for (size_t i = 0; i < CHAINS; i++)
        while (s.chains[i])
            erase(&s, &s.chains[i]);
    assert(s.entries == 0 && s.bytes == 0);
    return all;
}

/* Is this, up to END, a row of whole replies? */
static void check(const char *p, const char *end)
{
    while (p < end) {
        char *after;
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        assert(newline && newline[-1] == '\r' && strchr("+-:$", *p));
        assert(memchr(p, '\r', (size_t)(newline - p)) == newline - 1);
        long len = *p == '$' ? strtol(p + 1, &after, 10) : -1;
        p = newline + 1;
        if (len >= 0) {
            assert(end - p >= len + 2 && memcmp(p + len, "\r\n", 2) == 0);
            p += len + 2;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;

    if (size == 0)
        return 0;
    struct replies whole = converse(bytes, size, 0);
    check(whole.bytes, whole.bytes + whole.len);
    for (int cuts = size <= 500 ? 1 : 2; cuts <= 2; cuts++) {
        struct replies parts = converse(bytes, size, cuts);
        assert(parts.len == whole.len);
        assert(whole.len == 0 || !memcmp(parts.bytes, whole.bytes, whole.len));
        free(parts.bytes);
    }
    free(whole.bytes);
    return 0;
}
