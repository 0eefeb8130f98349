/* calls.c - in which system call a sleeping thread is, as far as we may see. */
#include "look.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

/* Which system calls send, with the number of bytes as their third argument. */
static const long sends[] = {
#ifdef SYS_sendto
    SYS_sendto,
#endif
#ifdef SYS_send
    SYS_send,
#endif
#ifdef SYS_write
    SYS_write,
#endif
    -1};

/* Which of them write to a file or a pipe, too. */
static const long writes[] = {
#ifdef SYS_write
    SYS_write,
#endif
    -1};

/* Which send otherwise, or wait until there is room to send. */
static const long waits[] = {
#ifdef SYS_sendmsg
    SYS_sendmsg,
    SYS_writev,
    SYS_sendmmsg,
    SYS_sendfile,
    SYS_splice,
#endif
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_ppoll
    SYS_ppoll,
#endif
#ifdef SYS_select
    SYS_select,
#endif
#ifdef SYS_pselect6
    SYS_pselect6,
#endif
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
#ifdef SYS_epoll_pwait
    SYS_epoll_pwait,
#endif
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
#ifdef SYS_io_uring_enter
    SYS_io_uring_enter,
#endif
#ifdef SYS_restart_syscall
    SYS_restart_syscall, /* a poll that was stopped and continued */
#endif
#ifdef SYS_rt_sigtimedwait
    SYS_rt_sigtimedwait, /* SIGIO tells that there is room */
    SYS_rt_sigsuspend,
#endif
#ifdef SYS_pause
    SYS_pause,
#endif
    -1};

static int among(const long *numbers, long number)
{
    while (*numbers != -1 && *numbers != number)
        numbers++;
    return *numbers != -1;
}

/* Add to VIEW in which system call a sleeping thread of process PID is. */
void look_at_call(int pid, const char *tid, struct view *view)
{
    char path[300], text[512];
    unsigned long first, third;
    long number;

    snprintf(path, sizeof path, "/proc/%d/task/%.20s/syscall", pid, tid);
    if (!read_file(path, text, sizeof text) ||
        sscanf(text, "%ld %lx %*s %lx", &number, &first, &third) != 3) {
        view->unseen++;
    } else if (among(sends, number)) {
        view->sending++;
        view->offered = third;
        view->writing += among(writes, number) && first <= STDERR_FILENO;
    } else {
        view->sending += among(waits, number);
    }
}

/* The calls in which a program of these lessons may wait, as the notes call them. */
static const struct {
    long number;
    const char *name;
} calls[] = {
#ifdef SYS_accept
    {SYS_accept, "accept"},
#endif
#ifdef SYS_accept4
    {SYS_accept4, "accept"},
#endif
#ifdef SYS_connect
    {SYS_connect, "connect"},
#endif
#ifdef SYS_recvfrom
    {SYS_recvfrom, "recv"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_sendto, "send"},
    {SYS_sendmsg, "sendmsg"},
#endif
#ifdef SYS_read
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_writev, "writev"},
    {SYS_splice, "splice"},
#endif
#ifdef SYS_poll
    {SYS_poll, "poll"},
#endif
#ifdef SYS_ppoll
    {SYS_ppoll, "poll"},
#endif
#ifdef SYS_select
    {SYS_select, "select"},
#endif
#ifdef SYS_pselect6
    {SYS_pselect6, "select"},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait"},
#endif
#ifdef SYS_epoll_pwait
    {SYS_epoll_pwait, "epoll_wait"},
#endif
#ifdef SYS_pause
    {SYS_pause, "pause"},
#endif
#ifdef SYS_rt_sigsuspend
    {SYS_rt_sigsuspend, "sigsuspend"},
    {SYS_rt_sigtimedwait, "sigwait"},
#endif
#ifdef SYS_wait4
    {SYS_wait4, "wait"},
    {SYS_waitid, "wait"},
#endif
#ifdef SYS_nanosleep
    {SYS_nanosleep, "sleep"},
#endif
#ifdef SYS_clock_nanosleep
    {SYS_clock_nanosleep, "sleep"},
#endif
    {-1, NULL}};

/*
 * Print in which of those calls thread TID of process PID sleeps, if it does.  (hurry,
 * which runs a program, waits for it: that is not the program's own call.)
 */
void print_call(int pid, const char *tid)
{
    char path[300], text[512];
    long number;

    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    if (read_file(path, text, sizeof text) && strcmp(text, "hurry\n") == 0)
        return;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/syscall", pid, tid);
    if (!read_file(path, text, sizeof text) ||
        sscanf(text, "%ld ", &number) != 1)
        return;
    for (int i = 0; calls[i].name; i++)
        if (calls[i].number == number)
            printf("%s\n", calls[i].name);
}
