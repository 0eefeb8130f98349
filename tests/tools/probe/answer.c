/*
 * answer.c - steps for the protocol of lesson 07, in which a client asks for a
 * number of bytes: byte i of the answer is i mod 251.  The suite of 07 uses them.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "probe.h"

void do_ask(const char *arg)
{
    uint64_t n = number(arg);
    char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(n >> (56 - 8 * i) & 0xff);
    note("  ask      for %s bytes: %s", arg, show(bytes, sizeof bytes));
    *answered() = 0;
    send_bytes(bytes, sizeof bytes);
}

/* Return the next LEN bytes of the answer, to be freed, and count them. */
static char *next_of_answer(size_t len)
{
    char *bytes = malloc(len + 1);

    if (bytes == NULL)
        err(PROBE_FAILED, "malloc");
    for (size_t i = 0; i < len && i < 251; i++)
        bytes[i] = (char)((*answered() + i) % 251);
    for (size_t made = 251; made < len; made *= 2)
        memcpy(bytes + made, bytes, made < len - made ? made : len - made);
    *answered() += len;
    return bytes;
}

void do_expect_answer(const char *arg)
{
    size_t len = number(arg), from = *answered();
    char *bytes = next_of_answer(len);

    note("  expect   %zu bytes of the answer, from byte %zu on", len, from);
    exchange(NULL, 0, bytes, len);
    free(bytes);
}

void do_send_answer(const char *arg)
{
    size_t len = number(arg), from = *answered();
    char *bytes = next_of_answer(len);

    note("  send     %zu bytes of the answer, from byte %zu on", len, from);
    exchange(bytes, len, NULL, 0);
    free(bytes);
}

/* Read until the end of file or a reset.  Returns how many bytes arrived. */
static size_t read_to_end(void)
{
    size_t all = 0;
    ssize_t n = 1;
    char buf[65536];

    while (n > 0) {
        if (!ready(conn(), POLLIN))
            unexpected("%zu bytes arrived, then nothing more for %g s", all,
                       patience);
        n = recv(conn(), buf, sizeof buf, 0);
        if (n == -1 && errno != ECONNRESET)
            unexpected("recv: %s", strerror(errno));
        all += n > 0 ? (size_t)n : 0;
        renew_deadline();
    }
    return all;
}

void do_expect_loss(const char *arg)
{
    size_t len = number(arg), got;

    note("  expect   an end before byte %zu of the answer", len);
    got = *answered() + read_to_end();
    if (got >= len)
        unexpected("all %zu bytes arrived", got);
}

void do_drain(const char *arg)
{
    (void)arg;
    note("  drain    read what arrives, until its end");
    read_to_end();
}
