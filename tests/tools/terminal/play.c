/*
 * play.c - types what a transcript says that people type, and expects what it says
 * that the terminal shows.
 */
#include "terminal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char absent[64];

/* Type TEXT on T, which echoes it. */
static void type(struct terminal *t, int line, const char *text)
{
    t->prompt = t->more = false;
    dprintf(t->master, "%s\n", text);
    expect(t, line, text);
}

/* Press KEY, for example ^C, while a program runs on T. */
static void press(struct terminal *t, int line, const char *key)
{
    bool echoed = key[1] != 'D';

    wait_until(has_program, t);
    settle(); /* it may be about to end */
    if (!has_program(t) || (echoed && t->prompt))
        differs(line, key, "(nothing runs that the key could reach)");
    expect_no_more(t, line, key);
    t->prompt = false;
    dprintf(t->master, "%c", key[1] & 037);
    if (!echoed)
        return;
    if (!wait_until(has_key, t) || strncmp(t->out, key, 2) != 0)
        expect(t, line, key);
    else
        take(t, strlen(key));
    t->pressed = t->len == 0; /* then the end of the line is to come */
    if (t->len > 0 && t->out[0] == '\n')
        take(t, 1);
}

/*
 * Return whether each command in TEXT is installed; if not, put the name of the
 * first that is not into `absent`.
 */
static bool installed(const char *text)
{
    char ask[128], quote = '\0';
    bool first = true; /* the next word is a command */

    for (const char *c = text; *c; c++) {
        size_t len = strspn(c, "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-");
        if (quote || *c == '\'' || *c == '"') {
            quote = quote == *c ? '\0' : quote ? quote : *c;
            first = false;
        } else if (*c == '#' && (c == text || c[-1] == ' ')) {
            break;
        } else if (strchr("|&;", *c)) {
            first = true;
        } else if (first && c[len] == '=') {
            c += strcspn(c, " '\"") - 1;
        } else if (first && *c != ' ') {
            first = false;
            if (!isalpha((unsigned char)*c) || len >= sizeof absent ||
                (c[len] && !strchr(" |&;", c[len])))
                continue;
            snprintf(ask, sizeof ask, "bash -c 'type -- %.*s' >/dev/null 2>&1",
                     (int)len, c);
            if (system(ask) != 0) {
                snprintf(absent, sizeof absent, "%.*s", (int)len, c);
                return false;
            }
        }
    }
    return true;
}

/* Replay lines FIRST to END - 1 on T; those that TYPES lists are typed. */
static void play(struct terminal *t, int first, int end, char **types)
{
    bool command = false; /* the line before was one */

    for (int i = first; i < end; i++) {
        char *text = lines[i];
        bool more = command && text[0] == '>' && strchr(" ", text[1]) &&
                    wait_until(has_line, t) && t->more;
        command = more || strncmp(text, "$ ", 2) == 0;
        if (command) {
            if (t->master == 0)
                open_terminal(t);
            wait_until(more ? has_line : has_prompt, t);
            settle();
            expect_no_more(t, i, text);
            if (!more && !t->prompt)
                differs(i, text, "(no prompt: the program still runs)");
            type(t, i, text[1] ? text + 2 : "");
        } else if (text[0] == '^' && strlen(text) == 2 &&
                   strchr("CZD", text[1])) {
            press(t, i, text);
        } else if (*types && strcmp(text, *types) == 0) {
            settle();
            if (t->prompt || t->master == 0)
                differs(i, text, "(no program runs that could read it)");
            expect_no_more(t, i, text);
            type(t, i, *types++);
        } else if (strcmp(text, ANY) == 0) {
            t->any = true;
        } else {
            expect(t, i, text);
        }
    }
    settle();
    if (t->any || memchr(t->out, '\n', t->len)) /* half a line may go on */
        expect_no_more(t, end, "(nothing more)");
    if (*types)
        differs(end, *types, "(the transcript has no such line to type)");
}

/* Play lines FIRST to END - 1 on T, unless a command is not installed. */
void play_if_possible(struct terminal *t, int first, int end, char **types)
{
    int i = first;

    if (t->skipped && strncmp(lines[first], "$ ", 2) != 0) {
        printf("skipped %s:%d: it continues a block that was skipped\n", file,
               first);
        return;
    }
    while (i < end &&
           (strncmp(lines[i], "$ ", 2) != 0 || installed(lines[i] + 2)))
        i++;
    t->skipped = i < end;
    if (t->skipped)
        printf("skipped %s:%d: %s is not installed\n", file, i, absent);
    else
        play(t, first, end, types);
}
