/*
 * tokens.c - copy C files that nobody trusts, and sum up their tokens.
 *
 *     tokens <LIST
 *
 * A line of LIST is a path, or two paths with a tab between them: then the file is
 * copied from the first to the second.  For each line prints one with tabs:
 *
 *     ok  BYTES  TOKENS  COUNT  PATH  TO    sums of its bytes and of its tokens,
 *                                           and how many tokens there are
 *     no  WHY  PATH                         it is not taken
 *
 * Two files have the same sum of tokens if they differ only in comments, blanks
 * and line ends.  Only regular files of at most 256 KiB are read, and no link is
 * followed.  tests/grade uses it.
 *
 * Exit status: 0; 1 a copy cannot be written.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 256 * 1024 };

/* A sum begins with START, and takes in a byte at a time (FNV-1a, 64 bits). */
#define START UINT64_C(0xcbf29ce484222325)

static uint64_t add(uint64_t sum, unsigned char byte)
{
    return (sum ^ byte) * UINT64_C(0x100000001b3);
}

/* Read the file PATH into DATA, which has room for LARGEST + 1 bytes.  Return how
 * many they are, or -1 and set *WHY. */
static ssize_t read_file(const char *path, char *data, const char **why)
{
    struct stat st;
    ssize_t n = 0, all = 0;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd == -1) {
        *why = errno == ELOOP ? "a link" : "not readable";
        return -1;
    }
    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        *why = "not a regular file";
        close(fd);
        return -1;
    }
    while (all <= LARGEST &&
           (n = read(fd, data + all, (size_t)(LARGEST + 1 - all))) > 0)
        all += n;
    close(fd);
    if (n == -1)
        *why = "not readable";
    else if (all > LARGEST)
        *why = "more than 256 KiB";
    return n == -1 || all > LARGEST ? -1 : all;
}

/* Write the N bytes of DATA to the new file PATH. */
static void write_file(const char *path, const char *data, size_t n)
{
    int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd == -1)
        err(1, "%s", path);
    while (n > 0) {
        ssize_t written = write(fd, data, n);
        if (written == -1)
            err(1, "%s", path);
        data += written;
        n -= (size_t)written;
    }
    if (close(fd) == -1)
        err(1, "%s", path);
}

/* Splice lines that end in a backslash, drop carriage returns and a byte order
 * mark.  S has N bytes; return how many remain. */
static size_t join_lines(char *s, size_t n)
{
    size_t to = 0, i = n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    for (; i < n; i++) {
        size_t end = i + 1;
        if (s[i] == '\r')
            continue;
        if (s[i] == '\\') {
            end += end < n && s[end] == '\r';
            if (end < n && s[end] == '\n') {
                i = end;
                continue;
            }
        }
        s[to++] = s[i];
    }
    return to;
}

static int in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Return the length of the token at S, of which N bytes are left; *BLANK is set if
 * it is a comment or white space.  A string is one token, so is a word or number;
 * of an operator each character is one. */
static size_t token(const char *s, size_t n, int *blank)
{
    size_t len = 1;

    *blank = isspace((unsigned char)s[0]) || s[0] == '\0';
    if (n > 1 && s[0] == '/' && s[1] == '/') {
        *blank = 1;
        while (len < n && s[len] != '\n')
            len++;
    } else if (n > 1 && s[0] == '/' && s[1] == '*') {
        *blank = 1;
        for (len = 2; len < n; len++)
            if (s[len] == '/' && s[len - 1] == '*' && len > 2)
                return len + 1;
    } else if (s[0] == '"' || s[0] == '\'') {
        while (len < n && s[len] != s[0] && s[len] != '\n')
            len += s[len] == '\\' && len + 1 < n ? 2 : 1;
        len += len < n;
    } else if (in_word(s[0])) {
        while (len < n && in_word(s[len]))
            len++;
    }
    return len;
}

/* Take the file FROM; copy it to TO, unless that is NULL. */
static void take(const char *from, const char *to)
{
    static char data[LARGEST + 1];
    uint64_t bytes = START, tokens = START;
    size_t count = 0, len;
    const char *why = "";
    ssize_t n = read_file(from, data, &why);

    if (n == -1) {
        printf("no\t%s\t%s\n", why, from);
        return;
    }
    if (to)
        write_file(to, data, (size_t)n);
    for (ssize_t i = 0; i < n; i++)
        bytes = add(bytes, (unsigned char)data[i]);
    n = (ssize_t)join_lines(data, (size_t)n);
    for (size_t i = 0; i < (size_t)n; i += len) {
        int blank;
        len = token(data + i, (size_t)n - i, &blank);
        if (blank)
            continue;
        for (size_t j = 0; j < len; j++)
            tokens = add(tokens, (unsigned char)data[i + j]);
        tokens = add(tokens, '\n');
        count++;
    }
    printf("ok\t%016" PRIx64 "\t%016" PRIx64 "\t%zu\t%s\t%s\n", bytes, tokens,
           count, from, to ? to : "");
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    while ((n = getline(&line, &room, stdin)) > 0) {
        char *to;
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        to = strchr(line, '\t');
        if (to)
            *to++ = '\0';
        take(line, to);
    }
    free(line);
    return fflush(stdout) == EOF;
}
