/*
 * feed.c - have libFuzzer type what it likes into lesson 10's chat room.
 *
 *     make fuzz SECONDS=60
 *
 * One client sends the same bytes three times: in one piece, in pieces of 1 to
 * 40, and byte by byte (if they are few).  What it and another client in the
 * room get must be the same each time, and made of whole lines of the four
 * kinds that there are.  `run` has made the server's limits small, so that few
 * bytes reach them.
 */
#define main server_main
#include "server.c"
#undef main

#include <assert.h>
#include <stdint.h>

/* What the client that sends was told, and the one that listens. */
struct heard {
    struct buffer sender, listener;
};

/* Let C read all that waits for it, as write_to() and send() would. */
static void collect(struct client *c, struct buffer *heard)
{
    if (c->out.len == 0)
        return;
    assert(append(heard, c->out.data, c->out.len));
    discard(&c->out, c->out.len);
}

/* Send SIZE bytes of DATA, in pieces that CUTS says, then leave. */
static struct heard converse(const char *data, size_t size, int cuts)
{
    static struct watch w;
    struct client sender = {.fd = -1, .deadline = never};
    struct client listener = {.fd = -1, .name = "bob", .deadline = never};
    struct heard heard = {.sender = {.data = NULL}};
    unsigned random = (unsigned char)data[size - 1];

    w.clients[FIRST_CLIENT] = &sender;
    w.clients[FIRST_CLIENT + 1] = &listener;
    w.count = FIRST_CLIENT + 2;
    for (size_t at = 0, len; at < size && !sender.closing; at += len) {
        random = random * 1103515245 + 12345;
        len = cuts == 0 ? size : cuts == 1 ? 1 : 1 + random / 65536 % 40;
        if (len > size - at)
            len = size - at;
        assert(append(&sender.in, data + at, len));
        process(&w, &sender);
        assert(sender.closing || sender.in.len <= LINE_MOST + 1);
        assert(!sender.lost && !listener.lost);
        collect(&sender, &heard.sender);
        collect(&listener, &heard.listener);
    }
    sender.ended = true;
    process(&w, &sender);
    assert(sender.closing && *sender.name == '\0');
    collect(&sender, &heard.sender);
    collect(&listener, &heard.listener);
    free(sender.in.data);
    return heard;
}

/* Does LINE, a string, begin with WORDS? */
static bool begins(const char *line, const char *words)
{
    return strncmp(line, words, strlen(words)) == 0;
}

/*
 * Is this a row of whole lines?  The sender may be welcomed, first, and told of
 * an error, last; the listener hears that it joins, first, what it says, and
 * that it leaves, last.
 */
static void check(struct buffer *heard, bool sender)
{
    size_t at = 0;

    while (at < heard->len) {
        char *line = heard->data + at;
        char *newline = memchr(line, '\n', heard->len - at);
        assert(newline);
        *newline = '\0';
        size_t len = strlen(line);
        assert(line + len == newline);
        assert(len <= NAME_MOST + LINE_MOST + 20);
        for (size_t i = 0; i < len; i++)
            assert(!iscntrl((unsigned char)line[i]) || line[i] == '\t');
        bool first = at == 0, last = at + len + 1 == heard->len;
        if (sender)
            assert((first && begins(line, "* welcome, ")) ||
                   (last && begins(line, "error: ")));
        else if (first || last)
            assert(begins(line, "* ") &&
                   strstr(line, first ? " has joined" : " has left"));
        else
            assert(begins(line, "<") && strstr(line, "> "));
        *newline = '\n';
        at += len + 1;
    }
}

/* Are both the same bytes? */
static bool same(const struct buffer *a, const struct buffer *b)
{
    return a->len == b->len &&
           (a->len == 0 || !memcmp(a->data, b->data, a->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;

    if (size == 0)
        return 0;
    struct heard whole = converse(bytes, size, 0);
    check(&whole.sender, true);
    check(&whole.listener, false);
    for (int cuts = size <= 500 ? 1 : 2; cuts <= 2; cuts++) {
        struct heard parts = converse(bytes, size, cuts);
        assert(same(&whole.sender, &parts.sender));
        assert(same(&whole.listener, &parts.listener));
        free(parts.sender.data);
        free(parts.listener.data);
    }
    free(whole.sender.data);
    free(whole.listener.data);
    return 0;
}
