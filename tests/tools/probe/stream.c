/*
 * stream.c - steps that send bytes and expect bytes.  All suites use them, the
 * ones of lessons 05 and 06 also for datagrams.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "probe.h"

static const char *slow; /* the command of `slowly`, or NULL */

/* Expect that the N bytes of BUF are those of IN from byte GOT on, of IN_LEN. */
static void compare(const char *buf, size_t n, const char *in, size_t got,
                    size_t in_len)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = got + i;
        if (buf[i] != in[at])
            unexpected("%s arrived at byte %zu\n  instead of %s",
                       show(buf + i, n - i), at, show(in + at, in_len - at));
    }
}

/*
 * Report that something went wrong after SENT of OUT_LEN bytes were sent, and
 * GOT bytes, those of IN, had arrived; WHY continues that sentence.
 */
static void fall_short(size_t sent, size_t out_len, const char *in, size_t got,
                       const char *why)
{
    if (sent < out_len)
        unexpected("sent %zu of %zu bytes, received %zu, %s", sent, out_len,
                   got, why);
    if (got == 0 && strcmp(why, "then nothing more") == 0)
        unexpected("nothing arrived for %g s", patience);
    unexpected("%s arrived, %s (waited at most %g s)", show(in, got), why,
               patience);
}

/*
 * Send the OUT_LEN bytes of OUT, and at the same time expect the IN_LEN bytes
 * of IN.  Neither waits for the other, so a peer that answers while it reads
 * cannot be stuck.
 */
void exchange(const char *out, size_t out_len, const char *in, size_t in_len)
{
    size_t sent = 0, got = 0;
    char buf[65536];
    int sock = conn();

    if (datagrams) {
        exchange_datagrams(out, out_len, in, in_len);
        return;
    }
    while (sent < out_len || got < in_len) {
        short events = (short)((sent < out_len ? POLLOUT : 0) |
                               (got < in_len ? POLLIN : 0));
        if (!ready(sock, events))
            fall_short(sent, out_len, in, got, "then nothing more");
        ssize_t n = 0;
        if (sent < out_len)
            n = send(sock, out + sent, out_len - sent, 0);
        if (n > 0) {
            sent += (size_t)n;
            renew_deadline();
        }
        if (n == -1 && errno != EAGAIN && got == in_len)
            unexpected("send failed after %zu of %zu bytes: %s", sent, out_len,
                       strerror(errno));
        if (got == in_len)
            continue;
        n = recv(sock, buf,
                 in_len - got < sizeof buf ? in_len - got : sizeof buf, 0);
        if (n == 0)
            fall_short(sent, out_len, in, got, "then end of file");
        if (n == -1 && errno == EAGAIN)
            continue;
        if (n == -1)
            fall_short(sent, out_len, in, got, strerror(errno));
        compare(buf, (size_t)n, in, got, in_len);
        got += (size_t)n;
        renew_deadline();
    }
}

/* Wait until the peer's kernel has acknowledged all that we sent (Linux). */
static void wait_until_arrived(void)
{
    int left = 1;

    while (left > 0 && now() < deadline) {
        left = 0;
#ifdef __linux__
        if (ioctl(conn(), TIOCOUTQ, &left) == -1)
            unexpected("TIOCOUTQ: %s", strerror(errno));
#endif
        if (left > 0)
            pause_for(0.001);
    }
}

/* Send LEN BYTES; after the step `slowly`, each by itself. */
void send_bytes(const char *bytes, size_t len)
{
    size_t piece = slow && len ? 1 : len, i = 0;

    do { /* once for no bytes too: a datagram may be empty */
        renew_deadline();
        exchange(bytes + i, piece, NULL, 0);
        if (slow) {
            wait_until_arrived();
            run_command(slow);
        }
    } while ((i += piece) < len);
}

void do_send(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len);

    note("  send     %s", show(bytes, len));
    send_bytes(bytes, len);
    free(bytes);
}

void do_slowly(const char *arg)
{
    note("  slowly   %s", *arg ? "byte by byte" : "no more");
    slow = *arg ? arg : NULL;
}

void do_expect(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len);

    note("  expect   %s", show(bytes, len));
    exchange(NULL, 0, bytes, len);
    free(bytes);
}

/*
 * Receive a line up to its LF into the SIZE bytes of LINE; *GOT is set to how many
 * bytes arrived.  Returns NULL, or why the line is not whole.
 */
static const char *receive_up_to_lf(char *line, size_t size, size_t *got)
{
    for (*got = 0; *got == 0 || line[*got - 1] != '\n'; ++*got) {
        if (*got == size)
            return "and it goes on";
        if (!ready(conn(), POLLIN))
            return "then nothing more";
        ssize_t n = recv(conn(), line + *got, 1, 0);
        if (n == 0)
            return "then end of file";
        if (n == -1)
            return strerror(errno);
    }
    return NULL;
}

void do_expect_lines(const char *arg)
{
    size_t lines = number(arg), got;
    char line[1024]; /* the longest one, with its end */

    note("  expect   %zu line%s", lines, lines == 1 ? "" : "s");
    for (size_t i = 0; i < lines; i++) {
        renew_deadline();
        const char *why = receive_up_to_lf(line, sizeof line, &got);
        if (why && got == 0)
            unexpected("%zu of %zu lines arrived, %s (waited at most %g s)", i,
                       lines, why, patience);
        if (why)
            unexpected("%zu of %zu lines arrived, and %s of the next one, %s "
                       "(waited at most %g s)",
                       i, lines, show(line, got), why, patience);
    }
}

void do_send_stream(const char *arg)
{
    size_t len = number(arg);
    char *bytes = stream(0, len);

    note("  send     %zu bytes of the stream", len);
    exchange(bytes, len, NULL, 0);
    free(bytes);
}

void do_expect_stream(const char *arg)
{
    size_t len = number(arg);
    char *bytes = stream(0, len);

    note("  expect   %zu bytes of the stream", len);
    exchange(NULL, 0, bytes, len);
    free(bytes);
}

void do_exchange(const char *arg)
{
    size_t len = number(arg);
    char *bytes = stream(0, len);

    note("  send     %zu bytes of the stream\n  expect   the same back", len);
    exchange(bytes, len, bytes, len);
    free(bytes);
}

void do_each(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len);

    for (size_t i = 0; i < len; i++) {
        note("  send     %s, expect it back", show(bytes + i, 1));
        renew_deadline();
        exchange(bytes + i, 1, bytes + i, 1);
    }
    free(bytes);
}

void do_await(const char *arg)
{
    (void)arg;
    note("  await    something");
    if (!ready(conn(), POLLIN))
        unexpected("nothing arrived for %g s", patience);
}

/*
 * Receive some bytes into the SIZE bytes of BUF, after so many others (BEFORE).
 * Returns how many, 0 at the end of file; and 0 at a reset too, if RESET_WILL_DO.
 */
static size_t receive_some(char *buf, size_t size, size_t before,
                           bool reset_will_do)
{
    if (!ready(conn(), POLLIN))
        unexpected("neither bytes nor an end of file arrived for %g s, "
                   "after %zu bytes",
                   patience, before);
    ssize_t n = recv(conn(), buf, size, 0);
    if (n == -1 && reset_will_do && errno == ECONNRESET)
        return 0;
    if (n == -1)
        unexpected("recv: %s", strerror(errno));
    return (size_t)n;
}

void do_echo(const char *arg)
{
    char buf[65536];
    size_t n, before = 0;

    (void)arg;
    note("  echo     what arrives, until its end");
    if (datagrams) {
        echo_datagrams();
        return;
    }
    while ((n = receive_some(buf, sizeof buf, before, false)) > 0) {
        before += n;
        exchange(buf, n, NULL, 0);
        renew_deadline();
    }
}

void do_echo_in_two(const char *arg)
{
    char buf[65536];
    size_t n, before = 0;

    note("  echo     what arrives, in pieces, until its end");
    while ((n = receive_some(buf, sizeof buf, before, true)) > 0) {
        before += n;
        exchange(buf, n / 2, NULL, 0);
        run_command(arg);
        renew_deadline();
        exchange(buf + n / 2, n - n / 2, NULL, 0);
        renew_deadline();
    }
}

void do_echo_byte(const char *arg)
{
    char byte;

    (void)arg;
    note("  echo     one byte");
    if (!ready(conn(), POLLIN) || recv(conn(), &byte, 1, 0) != 1)
        unexpected("no byte arrived");
    exchange(&byte, 1, NULL, 0);
}
