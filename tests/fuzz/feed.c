/*
 * feed.c - have libFuzzer send what it likes to lesson 09's server.
 *
 *     make fuzz SECONDS=60
 *
 * Its function feed() is all that looks at bytes from outside.  It gets the same
 * bytes three times: in one piece, byte by byte (if they are few), and in pieces
 * of 1 to 40.  The replies must be the same each time, and each must be RESP.
 * After a `!` they are the end of a request that is nearly too large.
 */
#define main server_main
#include "../../lessons/09-app-protocol/server.c"
#undef main

#include <assert.h>
#include <stdint.h>

/* All replies to one client. */
struct replies {
    char *bytes;
    size_t len;
};

/* Let the client read what waits for it, as answer() and send() would. */
static void collect(struct client *c, struct replies *all)
{
    all->bytes = realloc(all->bytes, all->len + c->end + 1);
    assert(all->bytes);
    memcpy(all->bytes + all->len, c->bytes, c->end);
    all->len += c->end;
    free(c->bytes);
    c->bytes = NULL;
}

/* Send LEN bytes of DATA in one piece. */
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
    assert(c->come <= REQUEST_MOST); /* so the next piece fits */
}

/* Forget all entries; to find them is not to be watched, for that takes long. */
__attribute__((no_sanitize("address", "coverage", "undefined"))) static void
clear(struct store *s)
{
    for (struct entry **link = s->chains; s->entries > 0; link++)
        while (*link)
            erase(s, link);
    assert(s->entries == 0 && s->bytes == 0);
}

/* Send the beginning of a request that has hardly room for more. */
static void send_large(struct store *s, struct client *c, struct replies *all)
{
    static char x[PIECE];
    size_t left = REQUEST_MOST - 100;

    memset(x, 'x', sizeof x);
    send_piece(s, c, "*1024\r\n$1048476\r\n", 17, all);
    for (size_t len; left > 0; left -= len) {
        len = left < PIECE ? left : PIECE;
        send_piece(s, c, x, len, all);
    }
    send_piece(s, c, "\r\n", 2, all);
}

/* Send SIZE bytes of DATA to an empty store, in pieces that CUTS says. */
static struct replies converse(const char *data, size_t size, int cuts)
{
    static struct store s = {.base = 1000003};
    struct client c = {.bytes = NULL};
    struct replies all = {.bytes = NULL};
    unsigned random = (unsigned char)data[size - 1];

    if (*data == '!')
        send_large(&s, &c, &all);
    for (size_t at = *data == '!', len; at < size; at += len) {
        random = random * 1103515245 + 12345;
        len = cuts == 0 ? size : cuts == 1 ? 1 : 1 + random / 65536 % 40;
        if (len > size - at)
            len = size - at;
        send_piece(&s, &c, data + at, len, &all);
    }
    free(c.in);
    clear(&s);
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

    if (size == 0 || size > PIECE)
        return 0;
    struct replies whole = converse(bytes, size, 0);
    check(whole.bytes, whole.bytes + whole.len);
    for (int cuts = size <= 300 ? 1 : 2; cuts <= 2; cuts++) {
        struct replies parts = converse(bytes, size, cuts);
        assert(parts.len == whole.len);
        assert(whole.len == 0 || !memcmp(parts.bytes, whole.bytes, whole.len));
        free(parts.bytes);
    }
    free(whole.bytes);
    return 0;
}
