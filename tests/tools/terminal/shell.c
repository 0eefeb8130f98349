/*
 * shell.c - opens a terminal with bash on it, looks at the processes that run on
 * terminals, and ends them.
 */
#include "terminal.h"

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct terminal terminals[TERMINALS];

/* A process, as /proc has it. */
struct process {
    int pid, parent, session;
    char state;
};

/*
 * Set *P to the next process in PROC, which is /proc or NULL.  Returns false after
 * the last one, and closes PROC.
 */
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

/* Return whether all that runs on our terminals sleeps, as far as /proc shows. */
bool all_asleep(void)
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

/* Make T a new terminal, with a shell; end with status 3 if that fails. */
void open_terminal(struct terminal *t)
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
        errx(FAILED, "bash shows no prompt");
    close(tty);
}

/* End all that runs on the terminals, and what it has left elsewhere. */
void end_all(void)
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
