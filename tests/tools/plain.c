/*
 * plain.c - make of any bytes text that can do no harm where it is shown.
 *
 *     plain [-t] <FILE
 *
 *     -t  tabs stay tabs: they divide fields
 *
 * Lines stay lines, of 1000 bytes at most; valid UTF-8 stays.  Anything else is
 * shown as \xHH: control characters (but a tab is a blank), bytes that are no
 * UTF-8, what XML forbids, what turns the direction of writing; and a # of ##[,
 * which GitHub takes for a command.
 */
#include <stdio.h>
#include <string.h>

enum { LONGEST = 1000 };

/* Return how many bytes of S, of which there are N, make a character to show. */
static size_t shown(const unsigned char *s, size_t n)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    unsigned long c = s[0];

    if (len == 1)
        return c >= ' ' && c != 0x7f;
    if (s[0] < 0xc2 || s[0] > 0xf4 || len > n)
        return 0;
    c &= 0x7fu >> len;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < least[len] || c < 0xa0 || (c >= 0xd800 && c < 0xe000) ||
        (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
        (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c & 0xfffe) == 0xfffe ||
        (c >= 0xfdd0 && c <= 0xfdef) || c > 0x10ffff)
        return 0;
    return len;
}

/* Print the line S of N bytes; TAB is what a tab becomes. */
static void print(const unsigned char *s, size_t n, char tab)
{
    for (size_t i = 0, len; i < n; i += len) {
        len = shown(s + i, n - i);
        if (i > 0 && s[i - 1] == '#' && s[i] == '#' && s[i + 1] == '[')
            len = 0;
        if (s[i] == '\t')
            putchar(tab);
        else if (len == 0)
            printf("\\x%02x", s[i]);
        else
            fwrite(s + i, 1, len, stdout);
        len += len == 0;
    }
}

int main(int argc, char *argv[])
{
    static unsigned char line[LONGEST + 4];
    size_t n = 0, more = 0;
    char tab = argc > 1 && strcmp(argv[1], "-t") == 0 ? '\t' : ' ';
    int c;

    do {
        c = getchar();
        if (c != '\n' && c != EOF) {
            if (n < LONGEST)
                line[n++] = (unsigned char)c;
            else
                more++;
            continue;
        }
        line[n] = '\0';
        print(line, n, tab);
        if (more)
            printf(" ... (%zu bytes more)", more);
        if (c == '\n')
            putchar('\n');
        n = more = 0;
    } while (c != EOF);
    return 0;
}
