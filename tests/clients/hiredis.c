/*
 * hiredis.c - connect, set, get, pipeline 1,000 requests, quit: C's hiredis.
 *
 *     cc -o client hiredis.c -lhiredis
 *     ./client PORT
 */
#include <err.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Exit unless REPLY is VALUE, of LEN bytes.  Frees it. */
static void expect(redisReply *reply, const char *value, size_t len)
{
    if (reply == NULL)
        errx(1, "no reply");
    if (reply->len != len || memcmp(reply->str, value, len) != 0)
        errx(1, "the reply is \"%s\", and not \"%s\"", reply->str, value);
    freeReplyObject(reply);
}

/* Exit unless the next reply is VALUE. */
static void expect_next(redisContext *server, const char *value)
{
    void *reply;

    if (redisGetReply(server, &reply) != REDIS_OK)
        errx(1, "%s", server->errstr);
    expect(reply, value, strlen(value));
}

int main(int argc, char *argv[])
{
    redisContext *server = redisConnect("127.0.0.1", atoi(argv[argc - 1]));
    const char bytes[] = {0, '\r', '\n', '\xff', 0};
    char number[16];

    if (server == NULL || server->err)
        errx(1, "%s", server ? server->errstr : "no memory");
    expect(redisCommand(server, "SET key %s", "a value"), "OK", 2);
    expect(redisCommand(server, "GET key"), "a value", 7);

    for (int i = 0; i < 500; i++) {
        redisAppendCommand(server, "SET n%d %d", i, i);
        redisAppendCommand(server, "GET n%d", i);
    }
    for (int i = 0; i < 500; i++) {
        snprintf(number, sizeof number, "%d", i);
        expect_next(server, "OK");
        expect_next(server, number);
    }

    expect(redisCommand(server, "SET binary %b", bytes, sizeof bytes), "OK", 2);
    expect(redisCommand(server, "GET binary"), bytes, sizeof bytes);
    expect(redisCommand(server, "QUIT"), "OK", 2);
    redisFree(server);
}
