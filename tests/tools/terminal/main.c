/*
 * main.c - terminal replays the transcripts of a Markdown file on real terminals.
 *
 *     terminal [-t SECONDS] FILE      (10: how long it waits for a line)
 *
 * A transcript is a ```console block.  The caption on the line above it says on
 * which terminal (without one it is terminal 1), and a comment before that, what
 * is typed into a program:
 *
 *     <!-- types "hello" "again" -->
 *
 *     *Terminal 2*
 *     ```console
 *
 *     $ COMMAND        is typed at the prompt of bash; "> " continues it
 *     ^C  ^Z  ^D       are keys that are pressed
 *     hello            if `types` has it, is typed into the running program
 *     anything else    is what the terminal shows: "…" stands for any text, on
 *                      a line of its own for any lines, blanks for any blanks
 *
 * Each number is a terminal of its own, whose program runs on from block to
 * block.  Anything else that it shows is an error; but the beginning of a line may
 * be shown before the block that has the whole line.  A block whose commands are
 * not all installed is skipped, with those that continue it, and reported; one
 * after <!-- not replayed: REASON --> is passed over.
 *
 * tests/self/notes.bats replays README.md, the notes and docs/setup.md by it, and
 * tests/self/notes-bite.bats tests it.
 *
 * Exit status: 0 as the transcripts say; 1 not; 2 usage; 3 terminal failed.
 */
#include "terminal.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { TYPED = 16 };

const char *file;
char **lines;
double patience = 10;
volatile sig_atomic_t told_to_end;
static int last_line;

/* Handle a signal that ends terminal: hear() looks at the flag. */
static void on_signal(int signo)
{
    told_to_end = signo;
}

/* Return the seconds of a clock that nobody sets. */
double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Return the line above LINE, or the one above that if it is blank. */
static int line_above(int line)
{
    line--;
    return line > 1 && *lines[line] == '\0' ? line - 1 : line;
}

/*
 * Read the caption and the comment, if there are any, above the block that begins
 * in line LINE.  Sets TYPES to what is typed there, then NULL.  Returns the number
 * of its terminal, or 0 for a block that is not replayed.
 */
static int read_heading(int line, char *types[TYPED + 1])
{
    char *c = lines[line - 1], *end;
    int terminal = 1, used = 0, n = 0;

    types[0] = NULL;
    line = line_above(line);
    if (c && sscanf(c, " *Terminal %1d%n", &terminal, &n) == 1 && n > 0) {
        if (terminal < 1 || c[n] == '\0' || !strchr("*,", c[n])) {
            printf("%s:%d: this caption has another form than *Terminal 2*\n",
                   file, line);
            exit(DIFFERENT);
        }
        line = line_above(line);
    }
    c = lines[line];
    if (c == NULL || strncmp(c += strspn(c, " "), "<!--", 4) != 0)
        return terminal;
    for (c += 4; strcmp(c += strspn(c, " ,"), "-->") != 0;) {
        if (strncmp(c, "not replayed: ", 14) == 0)
            return 0;
        if (sscanf(c, "terminal %1d%n", &terminal, &n) == 1 && terminal > 0) {
            c += n;
        } else if (strncmp(c, "types \"", 7) == 0) {
            c += strlen("types ");
        } else if (*c == '"' && (end = strchr(c + 1, '"')) && used < TYPED) {
            *end = '\0';
            types[used++] = c + 1;
            types[used] = NULL;
            c = end + 1;
        } else {
            printf("%s:%d: this comment has another form: %s\n", file, line, c);
            exit(DIFFERENT);
        }
    }
    return terminal;
}

/* Read the file into `lines`; end with status 2 if it cannot be read. */
static void read_file(void)
{
    FILE *in = fopen(file, "r");
    size_t room = 0;
    ssize_t len = 0;

    if (in == NULL)
        err(USAGE, "%s", file);
    while (len != -1) {
        lines = realloc(lines, ((size_t)last_line + 2) * sizeof *lines);
        if (lines == NULL)
            err(FAILED, "realloc");
        lines[0] = lines[++last_line] = NULL;
        room = 0;
        len = getline(&lines[last_line], &room, in);
        if (len > 0 && lines[last_line][len - 1] == '\n')
            lines[last_line][len - 1] = '\0';
    }
    last_line--; /* which was the end of the file */
    fclose(in);
}

int main(int argc, char *argv[])
{
    const int caught[] = {SIGTERM, SIGINT, SIGHUP};
    char *types[TYPED + 1];

    if (argc == 4 && strcmp(argv[1], "-t") == 0)
        patience = strtod(argv[2], NULL);
    if (argc != 2 && (argc != 4 || patience <= 0))
        errx(USAGE, "usage: terminal [-t SECONDS] FILE");
    file = argv[argc - 1];
    read_file();
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaction(caught[i], &(struct sigaction){.sa_handler = on_signal},
                  NULL);
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* if the test is killed */
#endif
    atexit(end_all);
    setvbuf(stdout, NULL, _IOLBF, 0);

    for (int i = 1, end; i <= last_line; i = end + 1) {
        size_t indent = strspn(lines[i], " ");
        bool transcript = strcmp(lines[i] + indent, "```console") == 0;
        end = i;
        if (strncmp(lines[i] + indent, "```", 3) != 0)
            continue;
        while (++end <= last_line &&
               strncmp(lines[end] + strspn(lines[end], " "), "```", 3) != 0)
            for (size_t n = 0; n < indent && *lines[end] == ' '; n++)
                lines[end]++;
        if (end > last_line) {
            printf("%s:%d: this block has no end\n", file, i);
            return DIFFERENT;
        }
        int number = transcript ? read_heading(i, types) : 0;
        if (number > 0 && i + 1 < end)
            play_if_possible(&terminals[number - 1], i + 1, end, types);
    }
    return 0;
}
