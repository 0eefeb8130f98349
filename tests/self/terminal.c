/*
 * terminal.c - replay the transcripts of a Markdown file on real terminals.
 *
 *     terminal [-t SECONDS] FILE      (10: how long it waits for a line)
 *
 * A transcript is a ```console block; a comment directly before it may say
 * more:   <!-- terminal 2, types "hello" "again" -->   (terminal 1 if none)
 *
 *     $ COMMAND        is typed at the prompt of bash; "> " continues it
 *     ^C  ^Z  ^D       are keys that are pressed
 *     hello            if `types` has it, is typed into the running program
 *     anything else    is what the terminal shows: "…" stands for any text, on
 *                      a line of its own for any lines, blanks for any blanks
 *
 * Each number is a terminal of its own, whose program runs on from block to
 * block.  What comes instead, or in addition, is an error; the beginning of a
 * line may come before the block that has the whole line.  A block whose
 * commands are not all installed is skipped, with those that continue it, and
 * said to be; one after <!-- not replayed: REASON --> is passed over.
 *
 * Exit status: 0 as the transcripts say; 1 not; 2 usage; 3 terminal failed.
 */
#ifdef __linux__
#define _GNU_SOURCE /* posix_openpt() */
#endif
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define ANY "\xe2\x80\xa6" /* the three bytes of "…" */

enum { DIFFERENT = 1, USAGE, FAILED, TERMINALS = 9, TYPED = 16 };
enum { PS1_MARK = 035, PS2_MARK = 036 }; /* they tell prompts from output */

/* A terminal.  out[0] to out[len - 1] is what no transcript has had yet. */
static struct terminal {
    int master; /* 0: it is closed */
    pid_t shell;
    char out[1 << 20];
    size_t len, passing; /* `passing` bytes of a prompt are still to come */
    bool prompt, more; /* it shows PS1, or PS2, and waits */
    bool any; /* "…": whatever comes now will do */
    bool pressed; /* a key was: the end of that line is no output */
    bool skipped; /* what a next block would continue was not done */
} terminals[TERMINALS];

/* A process, as /proc has it. */
struct process {
    int pid, parent, session;
    char state;
};

static const char *file;
static double patience = 10;
static char **lines; /* lines[1] to lines[last_line], without newlines */
static int last_line;
static char absent[64]; /* a command that is not installed */
static volatile sig_atomic_t told_to_end;

static void on_signal(int signo)
{
    told_to_end = signo;
}

/* Return the seconds that a clock shows which nobody sets. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* End: line LINE of the file says EXPECTED, but something else CAME. */
static void differs(int line, const char *expected, const char *came)
{
    if (*absent) { /* it may need what was skipped */
        printf("skipped %s:%d: it differs where there is no %s\n", file, line,
               absent);
        exit(0);
    }
    printf("%s:%d: expected: %s\n", file, line, expected);
    printf("%s:%d: but came: %s\n", file, line, came);
    exit(DIFFERENT);
}

/* Whether TEXT is as PATTERN says. */
static bool matches(const char *pattern, const char *text)
{
    size_t blanks = strspn(pattern, " \t"), found = strspn(text, " \t");

    if (strncmp(pattern, ANY, strlen(ANY)) == 0) {
        do {
            if (matches(pattern + strlen(ANY), text))
                return true;
        } while (*text++);
        return false;
    }
    if (pattern[blanks] == '\0' && text[found] == '\0')
        return true; /* nobody sees blanks at the end of a line */
    for (size_t i = blanks ? 1 : found + 1; i <= found; i++)
        if (matches(pattern + blanks, text + i))
            return true;
    return *pattern == *text && *text && matches(pattern + 1, text + 1);
}

/* Add byte C to what T shows.  A prompt ends the line that it stands on. */
static void show(struct terminal *t, char c)
{
    if (t->len > sizeof t->out - 2)
        errx(FAILED, "%s: too much output", file);
    if (t->passing > 0) {
        t->passing--;
    } else if (c == PS1_MARK || c == PS2_MARK) {
        if (t->len > 0 && t->out[t->len - 1] != '\n')
            t->out[t->len++] = '\n';
        *(c == PS1_MARK ? &t->prompt : &t->more) = true;
        t->passing = strlen("$ ");
    } else if (c == '\b' && t->len > 0) {
        t->len--; /* some systems echo ^D and take it back */
    } else if (c == '\n' && t->pressed && t->len == 0) {
        t->pressed = false;
    } else if (c != '\r' && c != '\0') {
        t->out[t->len++] = c;
        t->pressed = false;
    }
}

/* Take the first N bytes from what T shows. */
static void take(struct terminal *t, size_t n)
{
    t->len -= n;
    memmove(t->out, t->out + n, t->len);
}

/* Wait up to SECONDS for output, and read it.  Returns whether any came. */
static bool hear(double seconds)
{
    struct pollfd fds[TERMINALS];
    char buf[4096];

    for (int i = 0; i < TERMINALS; i++) {
        int master = terminals[i].master;
        fds[i] = (struct pollfd){master ? master : -1, POLLIN, 0};
    }
    int n = poll(fds, TERMINALS, (int)(seconds * 1000));
    if (told_to_end)
        exit(FAILED);
    for (int i = 0; n > 0 && i < TERMINALS; i++) {
        struct terminal *t = &terminals[i];
        ssize_t got = fds[i].revents ? read(t->master, buf, sizeof buf) : -2;
        for (ssize_t j = 0; j < got; j++)
            show(t, buf[j]);
        if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR)) {
            close(t->master); /* the shell has ended, with all it ran */
            t->master = 0;
        }
    }
    return n > 0;
}

/* Let *P be the next process in PROC, which is /proc or NULL. */
static bool next_process(DIR *proc, struct process *p)
{
    struct dirent *entry;
    char path[300], text[1024];

    while (proc && (entry = readdir(proc))) {
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *stat =
            isdigit((unsigned char)*entry->d_name) ? fopen(path, "r") : NULL;
        if (stat == NULL)
            continue;
        text[fread(text, 1, sizeof text - 1, stat)] = '\0';
        fclose(stat);
        const char *name_end = strrchr(text, ')');
        p->pid = atoi(entry->d_name);
        if (name_end && sscanf(name_end, ") %c %d %*d %d", &p->state,
                               &p->parent, &p->session) == 3)
            return true;
    }
    if (proc)
        closedir(proc);
    return false;
}

/* Whether all that runs on our terminals sleeps, as far as /proc tells. */
static bool all_asleep(void)
{
    DIR *proc = opendir("/proc");
    struct process p;
    int awake = 0;

    while (next_process(proc, &p))
        for (int i = 0; i < TERMINALS; i++)
            if (terminals[i].shell && terminals[i].shell == p.session)
                awake += strchr("STtZ", p.state) == NULL;
    return awake == 0;
}

/*
 * Wait until nothing has happened for 0.1 s, the pace of a quick reader: the
 * kernel's short timers (delayed ACK) are over too.  At most 2 s.
 */
static void settle(void)
{
    double start = now(), last = start;

    while (now() - last < 0.1 && now() - start < 2)
        if (hear(0.02) || !all_asleep())
            last = now();
}

static bool has_prompt(struct terminal *t)
{
    return t->prompt;
}

static bool has_line(struct terminal *t)
{
    return t->prompt || t->more || memchr(t->out, '\n', t->len);
}

static bool has_key(struct terminal *t)
{
    return t->len >= strlen("^C");
}

static bool has_program(struct terminal *t)
{
    return t->prompt || (t->master && tcgetpgrp(t->master) != t->shell);
}

/* Wait until T is as IS says.  Returns whether it is, in the end. */
static bool wait_until(bool (*is)(struct terminal *), struct terminal *t)
{
    double deadline = now() + patience;

    while (t->master && !is(t) && now() < deadline)
        if (hear(0.02))
            deadline = now() + patience;
    return is(t);
}

/* Put glibc's words, which the notes show, in the place of musl's in TEXT. */
static void translate(char *text, size_t size)
{
    static const char *const words[][2] = {
        {"Address in use", "Address already in use"},
        {"Message too large", "Message too long"},
        {"No file descriptors available", "Too many open files"},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char *at = strstr(text, words[i][0]), rest[4096];
        if (at == NULL)
            continue;
        snprintf(rest, sizeof rest, "%s", at + strlen(words[i][0]));
        snprintf(at, size - (size_t)(at - text), "%s%s", words[i][1], rest);
    }
}

/* Return the line that T shows next, or why there is none; set *LEN. */
static const char *next_line(struct terminal *t, size_t *len)
{
    static char text[4096];

    if (wait_until(has_line, t) && !memchr(t->out, '\n', t->len))
        settle(); /* the prompt is back, but other jobs may speak */
    char *end = memchr(t->out, '\n', t->len);
    *len = end ? (size_t)(end - t->out) + 1 : 0;
    if (end || t->len > 0)
        snprintf(text, sizeof text, "%.*s", (int)(end ? *len - 1 : t->len),
                 t->out);
    else if (t->master == 0)
        return "(nothing: no shell runs on this terminal)";
    else
        snprintf(text, sizeof text, "(nothing%s)",
                 t->prompt ? ": the prompt is back" : " more");
    translate(text, sizeof text);
    return text;
}

/* T must show TEXT next, which stands on line LINE. */
static void expect(struct terminal *t, int line, const char *text)
{
    for (bool right = false; !right;) {
        size_t len;
        const char *came = next_line(t, &len);
        right = len > 0 && matches(text, came);
        if (!right && (len == 0 || !t->any))
            differs(line, text, came);
        take(t, len);
    }
    t->any = false;
}

/* T must not have shown more than the transcript has before line LINE. */
static void expect_no_more(struct terminal *t, int line, const char *next)
{
    if (t->any)
        t->len = 0;
    t->any = false;
    t->out[t->len] = '\0';
    if (t->len > 0)
        differs(line, next, *t->out == '\n' ? "" : strtok(t->out, "\n"));
}

/* Type TEXT on T, which echoes it. */
static void type(struct terminal *t, int line, const char *text)
{
    t->prompt = t->more = false;
    dprintf(t->master, "%s\n", text);
    expect(t, line, text);
}

/* Press KEY, ^C say, for the program that runs on T. */
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

/* In the child: become bash on the terminal NAME. */
static void become_shell(const char *name)
{
    const char *kept[] = {"PATH",   "HOME", "USER",        "LOGNAME",
                          "TMPDIR", "CC",   "ASAN_OPTIONS"};
    static char *none[] = {NULL};
    char *values[sizeof kept / sizeof *kept];
    extern char **environ;
    sigset_t no_signals;

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        values[i] = getenv(kept[i]);
    environ = none;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (values[i])
            setenv(kept[i], values[i], 1);
    setenv("LC_ALL", "C", 1);
    setenv("TERM", "dumb", 1);
    setenv("HISTFILE", "", 1);
    setenv("BASH_SILENCE_DEPRECATION_WARNING", "1", 1); /* macOS */
    setenv("PS1", (char[]){PS1_MARK, '$', ' ', '\0'}, 1);
    setenv("PS2", (char[]){PS2_MARK, '>', ' ', '\0'}, 1);

    for (int signo = 1; signo < 32; signo++)
        signal(signo, SIG_DFL);
    sigemptyset(&no_signals);
    sigprocmask(SIG_SETMASK, &no_signals, NULL);
    setsid();
    int tty = open(name, O_RDWR);
    ioctl(tty, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++)
        dup2(tty, fd);
    if (tty > 2)
        close(tty);
    execlp("bash", "bash", "--norc", "--noprofile", "--noediting", "-i",
           (char *)NULL);
    _exit(127);
}

/* Make T a new terminal, with a shell. */
static void open_terminal(struct terminal *t)
{
    struct winsize size = {.ws_row = 50, .ws_col = 200};
    struct termios mode;
    const char *name;

    t->len = t->passing = 0;
    t->prompt = t->more = false;
    t->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (t->master == -1 || grantpt(t->master) == -1 ||
        unlockpt(t->master) == -1 || !(name = ptsname(t->master)))
        err(FAILED, "a pseudo-terminal");
    int tty = open(name, O_RDWR | O_NOCTTY);
    if (tty == -1 || tcgetattr(tty, &mode) == -1)
        err(FAILED, "%s", name);
    mode.c_iflag |= ICRNL;
    mode.c_oflag = OPOST | ONLCR;
    mode.c_lflag |= ICANON | ECHO | ECHOE | ECHOCTL | ISIG | IEXTEN;
    tcsetattr(tty, TCSANOW, &mode);
    ioctl(tty, TIOCSWINSZ, &size);
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    fcntl(tty, F_SETFD, FD_CLOEXEC);
    t->shell = fork();
    if (t->shell == -1)
        err(FAILED, "fork");
    if (t->shell == 0)
        become_shell(name);
    if (!wait_until(has_prompt, t)) /* while tty keeps it open */
        errx(FAILED, "there is no prompt of bash");
    close(tty);
}

/* End all that runs on the terminals, and what it has left elsewhere. */
static void end_all(void)
{
    double grace = now() + 1;
    struct process p;
    pid_t ended;

    for (int i = 0; i < TERMINALS; i++) {
        struct terminal *t = &terminals[i];
        if (t->master && tcgetpgrp(t->master) > 1)
            kill(-tcgetpgrp(t->master), SIGKILL);
        if (t->master)
            close(t->master); /* the shell passes the hangup on to its jobs */
    }
    while ((ended = waitpid(-1, NULL, WNOHANG)) != -1) {
        DIR *proc = opendir("/proc"); /* on Linux orphans are our children */
        while (next_process(proc, &p))
            if (p.parent == getpid())
                kill(p.pid, SIGKILL);
        for (int i = 0; i < TERMINALS; i++) {
            if (terminals[i].shell == ended)
                terminals[i].shell = 0;
            if (terminals[i].shell && now() > grace)
                kill(terminals[i].shell, SIGKILL);
        }
        poll(NULL, 0, 2);
    }
}

/* Whether each command in TEXT is installed; if not, `absent` names it. */
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

/* Replay lines FIRST to END - 1, in which TYPES are typed. */
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
                differs(i, text, "(no program runs that it is for)");
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

/* Play lines FIRST to END - 1 on T, unless something for it is missing. */
static void play_if_possible(struct terminal *t, int first, int end,
                             char **types)
{
    int i = first;

    if (t->skipped && strncmp(lines[first], "$ ", 2) != 0) {
        printf("skipped %s:%d: it continues what was skipped\n", file, first);
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

/*
 * Read line LINE, which may be a comment that speaks of the block after it.
 * Returns the number of its terminal, or 0 for a block that is not replayed.
 */
static int read_comment(int line, char *types[TYPED + 1])
{
    char *c = lines[line], *end;
    int terminal = 1, used = 0, n = 0;

    types[0] = NULL;
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
            printf("%s:%d: nobody understands this comment: %s\n", file, line,
                   c);
            exit(DIFFERENT);
        }
    }
    return terminal;
}

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
        int before = i - 1; /* the comment, or a blank line after it */
        if (before > 1 && *lines[before] == '\0')
            before--;
        int number = transcript ? read_comment(before, types) : 0;
        if (number > 0 && i + 1 < end)
            play_if_possible(&terminals[number - 1], i + 1, end, types);
    }
    return 0;
}
