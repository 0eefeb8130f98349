/*
 * modes.c - the table of modes: which part probe takes in a conversation, or what
 * it finds out without one.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

size_t times = 1;
bool impatient;

/* Forget one conversation, before the next begins. */
static void close_all(void)
{
    close_connections();
    close_crowd();
    forget_filled();
    forget_room();
    close_party();
}

/*
 * Connect to ARGS[0] and take the other ARGS as steps; -n says how often.  A server
 * that sleeps for a second after a client serves them all, and yet it is deaf: so with
 * -i not four in five of them, or one in five for just a second, may have to wait.
 */
static void run_client(char *args[])
{
    size_t late = 0, by_a_second = 0;

    peer = parse_address(args[0]);
    for (size_t turn = 1; turn <= times; turn++) {
        if (turn > 1) {
            forget_account();
            note("  turn     %zu of %zu", turn, times);
        }
        renew_deadline();
        connect_to_peer();
        double began = now();
        commands_took = 0;
        converse(args + 1);
        double took = now() - began - commands_took;
        late += took > 0.5;
        by_a_second += took > 0.5 && took < 1.5;
        if (impatient && turn >= 5 && late >= 4 &&
            (5 * late >= 4 * turn || 5 * by_a_second >= turn))
            unexpected("%zu of %zu clients had to wait for a second", late,
                       turn);
        close_all();
    }
}

static void run_narrow(char *args[])
{
    receive_buffer = 65536;
    run_client(args);
}

static void run_thin(char *args[])
{
    segment = 536;
    run_narrow(args);
}

static void run_tiny(char *args[])
{
    segment = 536;
    receive_buffer = 8192;
    run_client(args);
}

static void run_udp(char *args[])
{
    datagrams = true;
    run_client(args);
}

/* As run_client(), again and again, until the connection is refused. */
static void run_siege(char *args[])
{
    peer = parse_address(args[0]);
    besieging = true;
    setjmp(again);
    for (;;) {
        close_all();
        renew_deadline();
        connect_to_peer();
        converse(args + 1);
    }
}

/* Put the address of `listener` into HOST and PORT, for what the steps start. */
static void export_address(void)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    char host[80], port[16];

    if (peer->ai_family == AF_UNIX) {
        setenv("HOST", peer_address(), 1);
        return;
    }
    if (getsockname(listener, (struct sockaddr *)&addr, &len) == -1 ||
        getnameinfo((struct sockaddr *)&addr, len, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        errx(PROBE_FAILED, "cannot find out the address that we are bound to");
    setenv("HOST", host, 1);
    setenv("PORT", port, 1);
}

/* Bind `listener` to ADDRESS, and export the address. */
static void bind_listener(const char *address)
{
    int on = 1;

    peer = parse_address(address);
    listener = new_socket();
    if (!datagrams)
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, peer->ai_addr, peer->ai_addrlen) == -1)
        err(PROBE_FAILED, "bind");
    export_address();
}

/* Let BACKLOG connections wait in the listening socket's queue. */
static void listen_for(int backlog)
{
    if (listen(listener, backlog) == -1)
        err(PROBE_FAILED, "listen");
}

/* Note WHAT we do at our address, take the steps ARGS, and remove our file. */
static void serve(const char *what, char *args[])
{
    if (peer->ai_family == AF_UNIX)
        note("  %s at %s", what, peer_address());
    else
        note("  %s at %s", what, local_address(listener));
    converse(args);
    if (peer->ai_family == AF_UNIX)
        unlink(peer_address());
}

static void run_listen(char *args[])
{
    bind_listener(args[0]);
    listen_for(SOMAXCONN);
    serve("listen  ", args + 1);
}

static void run_narrow_listen(char *args[])
{
    receive_buffer = 65536;
    run_listen(args);
}

/* The kernel makes a client's send buffer small, too, and lets it stay so. */
static void run_thin_listen(char *args[])
{
    segment = 536;
    receive_buffer = 1; /* the kernel has a minimum */
    run_listen(args);
}

static void run_listen_to_one(char *args[])
{
    bind_listener(args[0]);
    listen_for(0);
    serve("listen  ", args + 1);
}

static void run_bind(char *args[])
{
    bind_listener(args[0]);
    serve("bind    ", args + 1);
}

/* Listen, but fill the queue with connections that are not accepted. */
static void run_full(char *args[])
{
    bind_listener(args[0]);
    if (peer->ai_family != AF_UNIX)
        errx(USAGE, "full goes with an address that is unix:PATH");
    listen_for(0);
    while (connect(new_socket(), peer->ai_addr, peer->ai_addrlen) == 0)
        ;
    if (errno != EAGAIN)
        err(PROBE_FAILED, "connect to a full queue");
    serve("full    ", args + 1);
}

static void run_udp_server(char *args[])
{
    datagrams = true;
    bind_listener(args[0]);
    serve_datagrams(false);
    serve("bind    ", args + 1);
}

static void run_udp_refuse(char *args[])
{
    datagrams = true;
    bind_listener(args[0]);
    serve_datagrams(true);
    serve("refuse  ", args + 1);
}

static const struct mode {
    const char *name;
    int least; /* how many operands it takes at least */
    const char *operands;
    void (*run)(char *args[]);
    const char *about;
} modes[] = {
    {"tcp", 1, "ADDRESS [STEP]...", run_client,
     "connect, then take the steps; with -n N, N times"},
    {"connect", 1, "ADDRESS [STEP]...", run_client, "the same"},
    {"narrow", 1, "ADDRESS [STEP]...", run_narrow,
     "the same, but our receive buffer is small: the peer soon waits in "
     "send()"},
    {"thin", 1, "ADDRESS [STEP]...", run_thin,
     "narrow, and with short segments, so the peer's buffer stays small, too"},
    {"tiny", 1, "ADDRESS [STEP]...", run_tiny,
     "thin, and narrower still, so that some hundred segments fill all "
     "buffers"},
    {"siege", 1, "ADDRESS [STEP]...", run_siege,
     "connect and take the steps again and again, whatever happens, until the "
     "connection is refused"},
    {"udp", 1, "ADDRESS [STEP]...", run_udp,
     "connect a datagram socket; each step sends or expects one datagram"},
    {"listen", 1, "ADDRESS [STEP]...", run_listen,
     "listen (port 0: any free one), then take the steps"},
    {"narrow-listen", 1, "ADDRESS [STEP]...", run_narrow_listen,
     "the same, but with small buffers"},
    {"thin-listen", 1, "ADDRESS [STEP]...", run_thin_listen,
     "the same, but with the smallest buffer and short segments, so the "
     "client's buffer stays small, too"},
    {"listen-to-one", 1, "ADDRESS [STEP]...", run_listen_to_one,
     "the same, but its queue is so short that clients wait to be connected"},
    {"bind", 1, "ADDRESS [STEP]...", run_bind,
     "hold the address without listening, so that clients are refused"},
    {"full", 1, "ADDRESS [STEP]...", run_full,
     "listen in the unix domain, with a queue that is full already"},
    {"udp-server", 1, "ADDRESS [STEP]...", run_udp_server,
     "receive datagrams, and send them to the last sender"},
    {"udp-refuse", 1, "ADDRESS [STEP]...", run_udp_refuse,
     "hold the port so that datagrams are refused; a program whose socket is "
     "connected to it must end within 2 s"},
    {"refused", 1, "ADDRESS", run_refused, "expect that nobody listens there"},
    {"taken", 1, "ADDRESS", run_taken, "expect that the address is in use"},
    {"free", 1, "ADDRESS", run_free, "expect that it is not in use"},
    {"queue", 2, "ADDRESS N", run_queue,
     "print how many of N connections are established, though none is "
     "accepted"},
    {"names", 2, "HOST PORT", run_names, "print what the resolver answers"},
    {"stream", 1, "N", run_stream, "print N bytes of the seeded stream"},
};
static const size_t mode_count = sizeof modes / sizeof *modes;

/*
 * Run the mode NAME with ARGS, which end with NULL.  Returns false if there is no
 * such mode, or it lacks an operand.
 */
bool run_mode(const char *name, char *args[])
{
    int count = 0;

    while (args[count])
        count++;
    for (size_t i = 0; i < mode_count; i++)
        if (strcmp(name, modes[i].name) == 0 && count >= modes[i].least) {
            modes[i].run(args);
            return true;
        }
    return false;
}

/* Print all modes. */
void print_modes(void)
{
    for (size_t i = 0; i < mode_count; i++)
        print_row(modes[i].name, modes[i].operands, modes[i].about);
}
