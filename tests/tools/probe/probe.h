/*
 * probe.h - what the files of probe share.  main.c says what probe is, and
 * `probe help` what it can do.
 *
 * To add a step, write a function
 *
 *     void do_NAME(const char *arg);
 *
 * in the file whose GROUP in steps.def it belongs to, and give it its line there.
 * A new kind of steps (for a lesson's protocol, say) gets a file of its own beside
 * this one, as resp.c is for RESP2, and a GROUP.  That is all: the
 * table, the help, the declarations and the build follow from it.  All files are
 * compiled as one, so a static function needs a name that no other file uses.
 *
 * Such a function gets the step's argument, the word after its name (a step
 * without an argument ignores it); number() and unescape() read it.  First it says
 * with note() what it is about to do, in two columns:
 *
 *     note("  expect   %zu bytes of the stream", len);
 *
 * exchange() sends and receives known bytes; send_bytes() sends some, byte by byte
 * after the step slowly.  Before any other call that may wait, call ready() with
 * conn(), the current connection.  `deadline` is set before each step; call
 * renew_deadline() when the peer has made progress, as before each part of a step
 * that has several.
 *
 * The function returns when the peer has done what was expected.  If the peer has
 * not, it calls unexpected(), which prints the message after "but:" and ends probe.
 */
#ifndef PROBE_H
#define PROBE_H

#include <netdb.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Exit statuses: not as expected, wrong arguments, probe's own failure. */
enum { UNEXPECTED = 1, USAGE = 2, PROBE_FAILED = 3 };

/* steps.c: the functions of all steps, and what takes them */
#define GROUP(title)
#define STEP(name, function, argument, about) void function(const char *arg);
#include "steps.def"
#undef GROUP
#undef STEP
void converse(char *args[]);
void print_steps(void);
void print_row(const char *name, const char *operands, const char *about);

/* modes.c: the part that probe takes, which the command line names first */
extern size_t times; /* option -n */
extern bool impatient; /* option -i */
bool run_mode(const char *name, char *args[]);
void print_modes(void);

/* queries.c: the modes without a conversation */
void run_refused(char *args[]);
void run_taken(char *args[]);
void run_free(char *args[]);
void run_queue(char *args[]);
void run_names(char *args[]);
void run_stream(char *args[]);

/* account.c: the steps so far, which the report of a failure shows */
extern bool
    besieging; /* unexpected() does not end probe, but goes to `again` */
extern jmp_buf again;
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void forget_account(void);
void print_account(void);
_Noreturn void unexpected(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
const char *show(const char *bytes, size_t len);

/* values.c: the arguments of steps, and the seeded stream */
extern bool seed_used; /* a failure depends on the seed, so it is printed */
extern uint64_t seed;
size_t number(const char *text);
char *unescape(const char *text, size_t *len);
char *stream(size_t start, size_t len);

/* clock.c: deadlines */
extern double patience; /* how many seconds a step may wait */
extern double deadline; /* when the present step has waited too long */
double now(void);
void renew_deadline(void);
bool ready(int sock, short events);
void pause_for(double seconds);

/* sockets.c: addresses, and sockets that never block */
extern struct addrinfo *peer; /* whom we connect to, or where we listen */
extern int listener; /* -1 if we do not listen */
extern int receive_buffer; /* its size for new sockets; 0: the usual one */
extern int segment; /* the most bytes in a TCP segment; 0: as usual */
extern bool datagrams; /* we exchange datagrams, not a stream of bytes */
struct addrinfo *parse_address(const char *text);
const char *format_address(const struct sockaddr *addr, socklen_t len);
const char *peer_address(void);
const char *local_address(int sock);
void prepare(int sock);
void allow_many_sockets(void);
int new_socket(void);

/* connect.c: the connections of this conversation */
int conn(void); /* the socket of the current connection */
void use_new(int sock);
size_t *answered(void); /* see answer.c; one for each connection */
int connection_number(void);
int current_connection(void);
int switch_to(int i);
double connected_for(void);
int connected_socket(void);
void connect_to_peer(void);
void close_current(void);
void close_connections(void);

/* stream.c: bytes that are sent and expected */
void exchange(const char *out, size_t out_len, const char *in, size_t in_len);
void send_bytes(const char *bytes, size_t len);

/* fill.c, queues.c: filling buffers, and looking into them */
void forget_filled(void);
unsigned port_of(const char *address);
int find_sockets(unsigned local, unsigned remote, unsigned state, size_t *tx,
                 size_t *rx);
bool ask_for_peer(size_t *tx, size_t *rx);
void wait_for_acknowledgement(void);

/* crowd.c: many clients at the same time */
void close_crowd(void);
void connect_silent(size_t n);

/* chat.c, doze.c, party.c: the chat room of lesson 10 */
extern size_t conversation;
size_t receive_line_at(int sock, char *line, size_t size, const char *who);
void skip_news_of_leavers(void);
void forget_room(void);
void close_party(void);

/* udp.c: datagrams */
void send_datagram(const char *bytes, size_t len);
void exchange_datagrams(const char *out, size_t out_len, const char *in,
                        size_t in_len);
void echo_datagrams(void);
void serve_datagrams(bool refuse);
bool refusal_is_ignored(void);

/* processes.c: programs that run during the conversation */
extern double commands_took; /* how many seconds the step run has taken */
void run_command(const char *command);
bool has_started(void);
bool has_ended(void);
bool client_is_stuck(double began);
void print_calls(void);

#endif
