/*
 * probe.c - the peer that nc is not: a conversation, step by step, each step
 * with a deadline, and a plain account of it when it goes wrong.
 *
 *     probe [-t SECONDS] [-n TIMES] tcp ADDRESS [STEP]...
 *     probe [-t SECONDS] narrow|thin ADDRESS [STEP]...
 *     probe [-t SECONDS] siege ADDRESS [STEP]...
 *     probe [-t SECONDS] listen|narrow-listen ADDRESS [STEP]...
 *     probe [-t SECONDS] listen-to-one ADDRESS [STEP]...
 *     probe [-t SECONDS] bind ADDRESS [STEP]...
 *     probe [-t SECONDS] full ADDRESS [STEP]...
 *     probe [-t SECONDS] [-n TIMES] udp ADDRESS [STEP]...
 *     probe [-t SECONDS] udp-server ADDRESS [STEP]...
 *     probe [-t SECONDS] udp-refuse ADDRESS [STEP]...
 *     probe [-t SECONDS] refused ADDRESS     nobody listens there
 *     probe taken ADDRESS                    somebody is bound there
 *     probe free ADDRESS                     nobody is
 *     probe stream N                         N bytes of the seeded stream
 *     probe queue ADDRESS N                  how many of N connect unaccepted
 *     probe names HOST PORT                  what the resolver says
 *
 * ADDRESS is 127.0.0.1:80 or [::1]:80; in the unix domain it is unix:PATH, or
 * dgram:PATH or seqpacket:PATH for a socket of that type.  `tcp` (or `connect`,
 * which is the same) connects and then takes the steps, TIMES times; `narrow` is
 * the same with a receive buffer so small that the peer soon has to wait in its
 * send(), and `narrow-listen` likewise; `thin` is narrow, and its segments are
 * short, so that the peer's buffer does not grow much either; `siege` connects
 * and takes the steps again and again, whatever comes of it, until nobody
 * listens; `listen` takes the server's part (port 0: any) with HOST and PORT (or
 * the path as HOST) in the environment of what it starts; `listen-to-one` has a
 * queue for one, so that others wait for their connection; `bind` holds the
 * address but does not listen, so that who connects is refused; `full` listens
 * on a unix address, and its queue is full already.  With `udp` a step sends or
 * expects one whole datagram, which may be empty; `udp-server` takes the
 * server's part, and answers whoever sent to it last; `udp-refuse` holds the
 * port so that who sends there is refused, and whoever has connected a socket to
 * it, so that the kernel tells, must end within 2 s.  The steps:
 *
 *     connect | accept     one more connection, which the next steps are about
 *     dial                 connect, but wait until that is done only when a later
 *                          step uses the connection (a queue may be full)
 *     group N              from now on we connect as group N (for root)
 *     use N                back to connection N, counted from 1
 *     local | peer         print the address of this side | the other
 *     send TEXT            send; TEXT knows \n \r \t \\ \0 \xHH
 *     send-stream N        send N bytes of the seeded stream
 *     expect TEXT          exactly these bytes come
 *     expect-stream N      the first N bytes of the seeded stream come
 *     exchange N           send N bytes of the stream and expect them back
 *     each TEXT            for each byte: send it, expect it back
 *     fill COMMAND         send bytes of the stream until COMMAND, which waits
 *                          for the peer to come to rest, makes room for no more
 *     fill-to-brim COMMAND the same, but a thousand bytes at a time, and no more
 *                          than until the server has some that it cannot send
 *                          back: they are in no socket buffer (Linux), or unread
 *     expect-filled        as many bytes of the stream come
 *     held-at-most N       the server holds at most N bytes of those that we
 *                          have sent: they are in no socket buffer (Linux)
 *     ask N                send N as 8 bytes, the most significant first; the
 *                          answer is lesson 07's: byte i of it is i mod 251
 *     call TEXT            send the words of TEXT as a request in RESP2; a word
 *                          @N is the first N bytes of the stream
 *     expect-bulk N        the first N bytes of the stream come as its string
 *     expect-bulk-or-nil N the same, or nil comes
 *     expect-line TEXT     a line that begins with TEXT comes, with CR LF
 *     slowly COMMAND       from now on `send`, `ask` and `call` send byte by
 *                          byte; after each, once it has arrived, COMMAND is
 *                          run; an empty COMMAND ends that
 *     await                until something has come, which we do not read yet
 *     expect-answer N      the next N bytes of the answer come
 *     expect-loss N        it ends early: before byte N of the answer
 *     drain                read what comes, until the end or a reset
 *     send-answer N        send the next N bytes of the answer
 *     echo                 send back what comes, until its end (udp: until what
 *                          was started has ended)
 *     echo-in-two COMMAND  the same, but each piece in two: COMMAND, which waits
 *                          for the peer to have read the first, is run between
 *     echo-byte            send back the first byte that comes
 *     shut-down            send no more (the peer reads an end of file)
 *     expect-end           the peer sends no more, and sent nothing before
 *     expect-gone          the same, or a reset
 *     close | reset        end the connection orderly | with a RST (unix: if it
 *                          closes with bytes unread, that is a reset)
 *     crowd N              N clients come; each says something, and has it back
 *     talk N               N times each of them says something of its own,
 *                          while all others do, and has it back
 *     talk-for SECONDS     the same, each at its own pace; print how often
 *     throng N             N clients come and say something
 *     some-served          at least one has it back; those who have talk again,
 *                          twenty times in all
 *     one-leaves           of those; if there is one who was not served, one
 *                          such is served now
 *     all-served           whoever has been served leaves, until nobody is left
 *     accept-crowd N       N clients come; nobody is answered yet
 *     echo-crowd           send back what they say, until each has left; print
 *                          how many bytes that were
 *     expect-connecting N  N clients wait for their connections (Linux)
 *     stranger             udp: a socket at another port, which the next steps
 *                          are about, sends to who sent to us last
 *     nag TEXT             udp: send it every 0.1 s until a datagram comes
 *     flood PID            udp: send without a pause, meanwhile tell process PID
 *     flood-int PID        to end (by SIGTERM, by SIGINT), until the kernel
 *                          says that nobody is there
 *     later | sooner SECONDS   udp: the last datagram was sent to us at least |
 *                          at most so long after the one before it
 *     expect-nothing       udp: no datagram is there now
 *     expect-refused       udp: the kernel says that nobody is there
 *     portless TEXT        udp: send it with 0 as the sender's port, to which
 *                          nobody can answer (for root)
 *     start COMMAND        run COMMAND beside the conversation (sh -c)
 *     ends STATUS          what was started ends with STATUS
 *     run COMMAND          run COMMAND to its end; it must succeed
 *     until COMMAND        run COMMAND again and again until it succeeds
 *                          (one that begins with ": WORDS;" is shown as WORDS)
 *
 * SEED in the environment chooses the stream; a failure prints it.
 * Exit status: 0 as expected; 1 not; 2 usage; 3 probe itself failed.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { UNEXPECTED = 1, USAGE = 2, PROBE_FAILED = 3 };
enum { CONNECTIONS = 1000, FILL_AT_MOST = 1 << 26 };

static struct addrinfo *peer; /* whom we connect to, or where we listen */
static int listener = -1;
static int conns[CONNECTIONS], count, current = -1;
static int narrow; /* the size of our receive buffers, 0: the usual */
static int thin; /* the most bytes in a segment, 0: the usual */
static double patience = 5, deadline;
static uint64_t seed;
static int seed_used;
static char dialing[CONNECTIONS]; /* see `dial` */
static size_t filled; /* how many bytes of the stream `fill` has sent */
static size_t answered[CONNECTIONS]; /* bytes of the answer, come or gone */
static const char *slow; /* the COMMAND of `slowly` */
static pid_t started;
static int datagrams; /* what we send and expect are datagrams, not bytes */
static struct sockaddr_storage sender; /* of the last datagram to `listener` */
static socklen_t sender_len;
static int refusing; /* udp-refuse */
static double arrived, arrived_before; /* when, by the kernel's clock */
static int besieging; /* nothing is unexpected: go on at `again` */
static jmp_buf again;
static char account[8192]; /* what has happened, for a failure's report */

/* Return the seconds that a clock shows which nobody sets. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Add a line to the account; a long account keeps its end. */
static void note(const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    size_t used = strlen(account), more = strlen(line) + 2;
    if (used + more > sizeof account) {
        memmove(account, account + 4096, used - 4096 + 1);
        used -= 4096;
    }
    snprintf(account + used, sizeof account - used, "%s\n", line);
}

/*
 * Print in which calls the program that we talk to sleeps meanwhile: WHO, a
 * descendant of the process GUARD.  (See look.c.)
 */
static void print_calls(const char *who, long guard)
{
    char command[128], name[32], names[128] = "";
    size_t used = 0;

    snprintf(command, sizeof command,
             "\"$TOOLS/look\" %ld calls 2>/dev/null | sort -u", guard);
    FILE *look = guard > 0 && getenv("TOOLS") ? popen(command, "r") : NULL;
    while (look && fgets(name, sizeof name, look) && used < sizeof names - 40)
        used += (size_t)sprintf(names + used, "%s%.*s()", used ? ", " : "",
                                (int)strcspn(name, "\n"), name);
    if (look)
        pclose(look);
    if (used)
        fprintf(stderr, "  meanwhile the %s sleeps in %s\n", who, names);
}

/* End with status 1: print the account, and what went otherwise. */
static void unexpected(const char *format, ...)
{
    va_list args;

    if (besieging)
        longjmp(again, 1);
    fputs(account, stderr);
    fputs("  but:     ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    if (seed_used)
        fprintf(stderr, "\n  stream:  SEED=%llu", (unsigned long long)seed);
    fputc('\n', stderr);
    print_calls("client", started);
    print_calls("server", getenv("guard") ? atol(getenv("guard")) : 0);
    exit(UNEXPECTED);
}

/* Return LEN bytes as a reader wants them: in quotes, or in hex if binary. */
static const char *show(const char *bytes, size_t len)
{
    static char text[2][256];
    static int turn;
    char *out = text[turn ^= 1];
    size_t most = len < 40 ? len : 40, binary = 0, n = 0;
    const char *more = len > most ? " ..." : "";

    for (size_t i = 0; i < most; i++)
        binary += (bytes[i] < ' ' || bytes[i] > '~') &&
                  !strchr("\n\r\t", bytes[i] ? bytes[i] : 1);
    if (len == 0)
        return datagrams ? "an empty datagram" : "nothing";
    if (binary == 0) {
        out[n++] = '"';
        for (size_t i = 0; i < most; i++) {
            const char *special = strchr("\nn\rr\tt\\\\\"\"", bytes[i]);
            if (special && strchr("\n\r\t\\\"", bytes[i])) {
                out[n++] = '\\';
                out[n++] = special[1];
            } else {
                out[n++] = bytes[i];
            }
        }
        out[n++] = '"';
    } else {
        for (size_t i = 0; i < most; i++)
            n += (size_t)sprintf(out + n, i ? " %02x" : "%02x",
                                 (unsigned char)bytes[i]);
    }
    snprintf(out + n, sizeof text[0] - n, "%s (%zu byte%s)", more, len,
             len == 1 ? "" : "s");
    return out;
}

/*
 * Return LEN bytes of the seeded stream, from byte START on, a multiple of 8.
 * Each byte tells its place (splitmix64).
 */
static char *stream(size_t start, size_t len)
{
    char *bytes = malloc(len + 8);

    if (bytes == NULL)
        err(PROBE_FAILED, "malloc");
    for (size_t i = 0; i < len; i += 8) {
        uint64_t z = seed + ((start + i) / 8 + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        memcpy(bytes + i, &z, 8);
    }
    seed_used = 1;
    return bytes;
}

/* Return the number in TEXT, or end with status 2 if it is none. */
static size_t number(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (end == text || *end != '\0')
        errx(USAGE, "%s: not a number", text);
    return n;
}

/* Turn the escapes of TEXT into bytes, *LEN of them. */
static char *unescape(const char *text, size_t *len)
{
    char *bytes = malloc(strlen(text) + 1), *out = bytes;
    unsigned value;
    int used;

    if (bytes == NULL)
        err(PROBE_FAILED, "malloc");
    for (const char *in = text; *in; in++) {
        const char *found;
        if (*in != '\\') {
            *out++ = *in;
        } else if (in[1] == 'x' && sscanf(in, "\\x%2x%n", &value, &used) == 1) {
            *out++ = (char)value;
            in += used - 1;
        } else if (in[1] == '0') {
            *out++ = '\0';
            in++;
        } else if (in[1] && (found = strchr("n\nr\rt\t\\\\", in[1]))) {
            *out++ = found[1];
            in++;
        } else {
            errx(USAGE, "%s: unknown escape", in);
        }
    }
    *len = (size_t)(out - bytes);
    return bytes;
}

/* Return the address of a unix-domain socket: if TEXT is unix:PATH, say. */
static struct addrinfo *parse_unix_address(const char *text)
{
    static struct sockaddr_un addr = {.sun_family = AF_UNIX};
    static struct addrinfo result = {.ai_family = AF_UNIX,
                                     .ai_addr = (struct sockaddr *)&addr,
                                     .ai_addrlen = sizeof addr};
    const char *path = strchr(text, ':');

    if (strncmp(text, "unix:", 5) == 0)
        result.ai_socktype = SOCK_STREAM;
    else if (strncmp(text, "dgram:", 6) == 0)
        result.ai_socktype = SOCK_DGRAM;
    else if (strncmp(text, "seqpacket:", 10) == 0)
        result.ai_socktype = SOCK_SEQPACKET;
    else
        return NULL;
    if (strlen(++path) >= sizeof addr.sun_path)
        errx(USAGE, "%s: at most %zu bytes", path, sizeof addr.sun_path - 1);
    memcpy(addr.sun_path, path, strlen(path) + 1);
    return &result;
}

/* Turn "127.0.0.1:80" or "[::1]:80" into an address. */
static struct addrinfo *parse_address(const char *text)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *result;
    char host[128];
    const char *colon = strrchr(text, ':');

    if (parse_unix_address(text))
        return parse_unix_address(text);
    if (colon == NULL || (size_t)(colon - text) >= sizeof host)
        errx(UNEXPECTED, "\"%s\" is not an address (HOST:PORT)", text);
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    char *start = host;
    if (*host == '[' && colon > text + 1 && colon[-1] == ']') {
        host[colon - text - 1] = '\0';
        start++;
    } else if (strchr(host, ':')) {
        errx(UNEXPECTED, "\"%s\" is not an address: an IPv6 one is [::1]:80",
             text);
    }
    if (*start == '\0' || getaddrinfo(start, colon + 1, &hints, &result) != 0)
        errx(UNEXPECTED, "\"%s\" is not an address (HOST:PORT)", text);
    return result;
}

static const char *format_address(const struct sockaddr *addr, socklen_t len)
{
    static char text[128];
    char host[80], port[16];

    if (addr->sa_family == AF_UNIX) {
        const struct sockaddr_un *path = (const void *)addr;
        snprintf(text, sizeof text, "%s", path->sun_path);
        return text;
    }
    if (getnameinfo(addr, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV))
        errx(PROBE_FAILED, "getnameinfo failed");
    snprintf(text, sizeof text, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
             port);
    return text;
}

/* Return where SOCK is bound, as text. */
static const char *local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(PROBE_FAILED, "getsockname");
    return format_address((struct sockaddr *)&addr, len);
}

/* SOCK never waits, and TCP sends each piece at once, by itself. */
static void prepare(int sock)
{
    int on = 1;

    setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(sock, F_SETFD, FD_CLOEXEC);
    fcntl(sock, F_SETFL, O_NONBLOCK);
}

static int new_socket(void)
{
    int sock = socket(peer->ai_family, peer->ai_socktype, 0);

    if (sock == -1)
        err(PROBE_FAILED, "socket");
    if (narrow)
        setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow);
    if (thin)
        setsockopt(sock, IPPROTO_TCP, TCP_MAXSEG, &thin, sizeof thin);
    prepare(sock);
    return sock;
}

/* Wait until SOCK is ready for EVENTS.  Returns 0 when the time is over. */
static int ready(int sock, short events)
{
    struct pollfd fd = {.fd = sock, .events = events};
    int n;

    do {
        double left = deadline - now();
        n = poll(&fd, 1, left > 0 ? (int)(left * 1000) + 1 : 0);
    } while (n == -1 && errno == EINTR);
    return n > 0;
}

static void use_new(int sock)
{
    if (count == CONNECTIONS)
        errx(USAGE, "at most %d connections", CONNECTIONS);
    current = count;
    answered[count] = 0;
    dialing[count] = 0;
    conns[count++] = sock;
}

static void finish_dialing(int sock);

/* The connection that the steps are about now. */
static int conn(void)
{
    if (current == -1 || conns[current] == -1)
        errx(USAGE, "there is no connection for this step");
    if (dialing[current]) {
        dialing[current] = 0;
        finish_dialing(conns[current]);
    }
    return conns[current];
}

/*
 * Let SOCK, a new one, begin to connect.  Returns 0, or what is wrong: EAGAIN
 * while a unix-domain server's queue is full, EINPROGRESS.
 */
static int begin_to_connect(int sock)
{
    return connect(sock, peer->ai_addr, peer->ai_addrlen) == 0 ? 0 : errno;
}

/*
 * Wait until SOCK, which has begun to connect, is connected.  A server's queue
 * may be short, and full: TCP would try again after 1, 2, 4 seconds, and a
 * unix-domain socket not at all, so we do it after a moment.
 */
static void wait_connected(int sock, int error)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    const char *where = format_address(peer->ai_addr, peer->ai_addrlen);
    double end = deadline;

    while (error == EINPROGRESS || error == EAGAIN) {
        socklen_t len = sizeof error;
        deadline = now() + 0.25;
        if (error == EAGAIN)
            nanosleep(&moment, NULL);
        else if (ready(sock, POLLOUT)) {
            getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &len);
            break;
        }
        if (now() > end)
            unexpected("no answer from %s for %g s", where, patience);
        int other = new_socket();
        if (dup2(other, sock) == -1)
            err(PROBE_FAILED, "dup2");
        close(other);
        prepare(sock);
        error = begin_to_connect(sock);
    }
    deadline = end;
    if (error && besieging)
        exit(0);
    if (error)
        unexpected("cannot connect to %s: %s", where, strerror(error));
}

static void do_connect(const char *arg)
{
    int sock = new_socket();

    (void)arg;
    wait_connected(sock, begin_to_connect(sock));
    use_new(sock);
    note("  connect  to %s (connection %d)",
         format_address(peer->ai_addr, peer->ai_addrlen), count);
}

/* SOCK has begun to connect in do_dial(). */
static void finish_dialing(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    int error = 0;

    if (getpeername(sock, (struct sockaddr *)&addr, &len) == -1) {
        len = sizeof error;
        getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error == 0)
            error = peer->ai_family == AF_UNIX ? EAGAIN : EINPROGRESS;
    }
    wait_connected(sock, error);
}

static void do_dial(const char *arg)
{
    int sock = new_socket(), error = begin_to_connect(sock);

    (void)arg;
    if (error && error != EINPROGRESS && error != EAGAIN)
        unexpected("connect: %s", strerror(error));
    use_new(sock);
    dialing[current] = 1;
    note("  dial     %s (connection %d)",
         format_address(peer->ai_addr, peer->ai_addrlen), count);
}

static void do_group(const char *arg)
{
    note("  group    %s", arg);
    if (setegid((gid_t)number(arg)) == -1)
        err(PROBE_FAILED, "setegid");
}

/* Has what was started ended? */
static int has_ended(void)
{
    siginfo_t end = {.si_pid = 0};

    return waitid(P_PID, (id_t)started, &end, WEXITED | WNOHANG | WNOWAIT) ==
               -1 ||
           end.si_pid == started;
}

static void do_accept(const char *arg)
{
    (void)arg;
    if (listener == -1)
        errx(USAGE, "accept goes with listen");
    for (double end = deadline;;) {
        int over = started > 0 && has_ended();
        deadline = now() + 0.02;
        if (ready(listener, POLLIN))
            break;
        if (over)
            unexpected("it has ended, and had not connected");
        if (now() > end)
            unexpected("nobody connected for %g s", patience);
    }
    int sock = accept(listener, NULL, NULL);
    if (sock == -1)
        err(PROBE_FAILED, "accept");
    prepare(sock);
    if (narrow)
        setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &narrow, sizeof narrow);
    use_new(sock);
    note("  accept   (connection %d)", count);
}

static void do_use(const char *arg)
{
    current = (int)number(arg) - 1;
    if (current < 0 || current >= count)
        errx(USAGE, "there is no connection %s", arg);
    note("  use      connection %s", arg);
}

static void do_local(const char *arg)
{
    (void)arg;
    puts(local_address(conn()));
    fflush(stdout);
}

static void do_peer(const char *arg)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    (void)arg;
    if (getpeername(conn(), (struct sockaddr *)&addr, &len) == -1)
        unexpected("getpeername: %s", strerror(errno));
    puts(format_address((struct sockaddr *)&addr, len));
    fflush(stdout);
}

/* Receive the datagram that is there; remember when it came and from whom. */
static ssize_t receive(char *buf, size_t size)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(struct timeval)) + 64];
    } control;
    struct sockaddr_storage from = {0};
    struct iovec room = {.iov_base = buf, .iov_len = size};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &room,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(conn(), &message, 0);
    struct cmsghdr *more = n == -1 ? NULL : CMSG_FIRSTHDR(&message);

    if (n != -1 && conn() == listener) {
        sender = from;
        sender_len = message.msg_namelen;
    }
    for (; more; more = CMSG_NXTHDR(&message, more)) {
        struct timeval t;
        if (more->cmsg_level != SOL_SOCKET || more->cmsg_type != SCM_TIMESTAMP)
            continue;
        memcpy(&t, CMSG_DATA(more), sizeof t);
        arrived_before = arrived;
        arrived = (double)t.tv_sec + (double)t.tv_usec / 1e6;
    }
    return n;
}

/* Send a datagram: to the peer, or as a server to who sent to us last. */
static void send_datagram(const char *bytes, size_t len)
{
    ssize_t n;

    if (conn() != listener)
        n = send(conn(), bytes, len, 0);
    else if (sender_len == 0)
        errx(USAGE, "nobody has sent anything yet: expect it first");
    else
        n = sendto(conn(), bytes, len, 0, (struct sockaddr *)&sender,
                   sender_len);
    if (n == -1)
        unexpected("send: %s", strerror(errno));
}

/* exchange(), but of one datagram each way; there is none where NULL is. */
static void exchange_datagrams(const char *out, size_t out_len, const char *in,
                               size_t in_len)
{
    static char buf[65536];

    if (out)
        send_datagram(out, out_len);
    if (in == NULL)
        return;
    if (!ready(conn(), POLLIN))
        unexpected("no datagram came for %g s", patience);
    ssize_t n = receive(buf, sizeof buf);
    if (n == -1)
        unexpected("recv: %s", strerror(errno));
    size_t at = 0, len = (size_t)n;
    while (at < len && at < in_len && buf[at] == in[at])
        at++;
    if (at < len && at < in_len)
        unexpected("at byte %zu came %s\n  instead: %s", at,
                   show(buf + at, len - at), show(in + at, in_len - at));
    if (len != in_len)
        unexpected("came %s\n  instead: %s", show(buf, len), show(in, in_len));
}

/*
 * Send the OUT_LEN bytes of OUT and meanwhile expect the IN_LEN bytes of IN.
 * Ends the program if they do not come, or others do.
 */
static void exchange(const char *out, size_t out_len, const char *in,
                     size_t in_len)
{
    size_t sent = 0, got = 0;
    char buf[65536];
    const char *why = NULL;
    int sock = conn();

    if (datagrams) {
        exchange_datagrams(out, out_len, in, in_len);
        return;
    }
    while (sent < out_len || got < in_len) {
        short events = (short)((sent < out_len ? POLLOUT : 0) |
                               (got < in_len ? POLLIN : 0));
        if (!ready(sock, events)) {
            why = "then nothing more";
            break;
        }
        ssize_t n = 0;
        if (sent < out_len)
            n = send(sock, out + sent, out_len - sent, 0);
        if (n > 0) {
            sent += (size_t)n;
            deadline = now() + patience;
        }
        if (n == -1 && errno != EAGAIN && got == in_len)
            unexpected("send failed after %zu of %zu bytes: %s", sent, out_len,
                       strerror(errno));
        if (got == in_len)
            continue;
        n = recv(sock, buf,
                 in_len - got < sizeof buf ? in_len - got : sizeof buf, 0);
        if (n == 0) {
            why = "then end of file";
            break;
        }
        if (n == -1 && errno == EAGAIN)
            continue;
        if (n == -1) {
            why = strerror(errno);
            break;
        }
        for (ssize_t i = 0; memcmp(buf, in + got, (size_t)n) != 0; i++)
            if (buf[i] != in[got + (size_t)i]) {
                size_t at = got + (size_t)i;
                unexpected("at byte %zu came %s\n  instead: %s", at,
                           show(buf + i, (size_t)(n - i)),
                           show(in + at, in_len - at));
            }
        got += (size_t)n;
        deadline = now() + patience;
    }
    if (why && sent < out_len)
        unexpected("sent %zu of %zu bytes, got %zu back, %s", sent, out_len,
                   got, why);
    if (why)
        unexpected("came %s, %s (waited %g s at most)", show(in, got), why,
                   patience);
}

/* COMMAND to be shown: the words that it begins with, if some are there. */
static const char *in_words(const char *command)
{
    static char words[512];
    int worded = strncmp(command, ": ", 2) == 0;
    size_t len = worded ? strcspn(command += 2, ";") : strlen(command);

    snprintf(words, sizeof words, "%.*s", (int)len, command);
    return words;
}

static void run(const char *command)
{
    fflush(stdout);
    if (system(command) != 0)
        unexpected("that failed: %s", in_words(command));
}

/* Wait until the peer's kernel has all that we sent. */
static void wait_until_arrived(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    int left = 1;

    while (left > 0 && now() < deadline) {
        left = 0;
#ifdef __linux__
        if (ioctl(conn(), TIOCOUTQ, &left) == -1)
            unexpected("TIOCOUTQ: %s", strerror(errno));
#endif
        if (left > 0)
            nanosleep(&moment, NULL);
    }
}

/* Send LEN BYTES; after `slowly`, each by itself. */
static void send_bytes(const char *bytes, size_t len)
{
    size_t piece = slow && len ? 1 : len, i = 0;

    do { /* once for no bytes too: a datagram may be empty */
        deadline = now() + patience;
        exchange(bytes + i, piece, NULL, 0);
        if (slow) {
            wait_until_arrived();
            run(slow);
        }
    } while ((i += piece) < len);
}

static void do_send(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len);

    note("  send     %s", show(bytes, len));
    send_bytes(bytes, len);
    free(bytes);
}

static void do_slowly(const char *arg)
{
    note("  slowly   %s", *arg ? "byte by byte" : "no more");
    slow = *arg ? arg : NULL;
}

static void do_ask(const char *arg)
{
    uint64_t n = number(arg);
    char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(n >> (56 - 8 * i) & 0xff);
    note("  ask      for %s bytes: %s", arg, show(bytes, sizeof bytes));
    answered[current] = 0;
    send_bytes(bytes, sizeof bytes);
}

/* Turn the word TEXT into bytes, *LEN of them: see `call`. */
static char *word(const char *text, size_t *len)
{
    if (*text != '@')
        return unescape(text, len);
    *len = number(text + 1);
    return stream(0, *len);
}

static void do_call(const char *arg)
{
    size_t room = 64, used = 0, words = 0, len;
    char *text = strdup(arg), *rest = NULL, *next;
    char *bytes = NULL, *request;

    if (text == NULL)
        err(PROBE_FAILED, "strdup");
    for (next = text + strspn(text, " "); *next; words++) {
        next += strcspn(next, " ");
        next += strspn(next, " ");
    }
    request = malloc(room);
    if (request == NULL)
        err(PROBE_FAILED, "malloc");
    used = (size_t)snprintf(request, room, "*%zu\r\n", words);
    next = strtok_r(text, " ", &rest);
    for (; next; next = strtok_r(NULL, " ", &rest)) {
        bytes = word(next, &len);
        request = realloc(request, used + len + room);
        if (request == NULL)
            err(PROBE_FAILED, "realloc");
        used += (size_t)snprintf(request + used, room, "$%zu\r\n", len);
        memcpy(request + used, bytes, len);
        memcpy(request + used + len, "\r\n", 2);
        used += len + 2;
        free(bytes);
    }
    note("  call     %s: %s", arg, show(request, used));
    send_bytes(request, used);
    free(request);
    free(text);
}

/* Expect the first LEN bytes of the stream as a string; or nil if that WILL_DO. */
static void expect_bulk(size_t len, int nil_will_do)
{
    char head[32], *bytes = stream(0, len);

    note("  expect   a string: %zu bytes of the stream%s", len,
         nil_will_do ? ", or nil" : "");
    exchange(NULL, 0, "$", 1);
    if (nil_will_do && ready(conn(), POLLIN) &&
        recv(conn(), head, 1, MSG_PEEK) == 1 && head[0] == '-') {
        exchange(NULL, 0, "-1\r\n", 4);
    } else {
        snprintf(head, sizeof head, "%zu\r\n", len);
        exchange(NULL, 0, head, strlen(head));
        exchange(NULL, 0, bytes, len);
        exchange(NULL, 0, "\r\n", 2);
    }
    free(bytes);
}

static void do_expect_bulk(const char *arg)
{
    expect_bulk(number(arg), 0);
}

static void do_expect_bulk_or_nil(const char *arg)
{
    expect_bulk(number(arg), 1);
}

/* Receive the rest of a line into the SIZE bytes of LINE.  Returns its length. */
static size_t receive_line(char *line, size_t size)
{
    size_t got = 0;

    while (got < 2 || memcmp(line + got - 2, "\r\n", 2) != 0) {
        if (got == size)
            unexpected("it goes on: %s", show(line, got));
        if (!ready(conn(), POLLIN))
            unexpected("then %s, and no end of the line", show(line, got));
        if (recv(conn(), line + got, 1, 0) != 1)
            unexpected("then %s, and the end", show(line, got));
        got++;
    }
    return got;
}

static void do_expect_line(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len), line[65536] = "";

    note("  expect   a line%s%s", len ? " that begins with " : "",
         len ? show(bytes, len) : "");
    exchange(NULL, 0, bytes, len);
    size_t got = receive_line(line, sizeof line);
    if (memchr(line, '\n', got - 1) || memchr(line, '\r', got - 2))
        unexpected("more than a line: %s", show(line, got));
    free(bytes);
}

static void do_await(const char *arg)
{
    (void)arg;
    note("  await    something");
    if (!ready(conn(), POLLIN))
        unexpected("nothing came for %g s", patience);
}

/* Return the next LEN bytes of lesson 07's answer. */
static char *answer(size_t len)
{
    char *bytes = malloc(len + 1);

    if (bytes == NULL)
        err(PROBE_FAILED, "malloc");
    for (size_t i = 0; i < len && i < 251; i++)
        bytes[i] = (char)((answered[current] + i) % 251);
    for (size_t made = 251; made < len; made *= 2)
        memcpy(bytes + made, bytes, made < len - made ? made : len - made);
    answered[current] += len;
    return bytes;
}

static void do_expect_answer(const char *arg)
{
    size_t len = number(arg), from;
    char *bytes;

    conn();
    from = answered[current];
    bytes = answer(len);
    note("  expect   %zu bytes of the answer, from byte %zu on", len, from);
    exchange(NULL, 0, bytes, len);
    free(bytes);
}

static void do_send_answer(const char *arg)
{
    size_t len = number(arg), from;
    char *bytes;

    conn();
    from = answered[current];
    bytes = answer(len);
    note("  send     %zu bytes of the answer, from byte %zu on", len, from);
    exchange(bytes, len, NULL, 0);
    free(bytes);
}

/* Read to the end of file, or a reset.  Returns how many bytes came. */
static size_t read_to_end(void)
{
    size_t all = 0;
    ssize_t n = 1;
    char buf[65536];

    while (n > 0) {
        if (!ready(conn(), POLLIN))
            unexpected("came %zu bytes, then nothing more for %g s", all,
                       patience);
        n = recv(conn(), buf, sizeof buf, 0);
        if (n == -1 && errno != ECONNRESET)
            unexpected("recv: %s", strerror(errno));
        all += n > 0 ? (size_t)n : 0;
        deadline = now() + patience;
    }
    return all;
}

static void do_expect_loss(const char *arg)
{
    size_t len = number(arg), came;

    note("  expect   an end before byte %zu of the answer", len);
    came = answered[current] + read_to_end();
    if (came >= len)
        unexpected("came all %zu bytes", came);
}

static void do_drain(const char *arg)
{
    (void)arg;
    note("  drain    read what comes, until its end");
    read_to_end();
}

static void do_expect(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len);

    note("  expect   %s", show(bytes, len));
    exchange(NULL, 0, bytes, len);
    free(bytes);
}

static void do_send_stream(const char *arg)
{
    size_t len = number(arg);
    char *bytes = stream(0, len);

    note("  send     %zu bytes of the stream", len);
    exchange(bytes, len, NULL, 0);
    free(bytes);
}

static void do_expect_stream(const char *arg)
{
    size_t len = number(arg);
    char *bytes = stream(0, len);

    note("  expect   %zu bytes of the stream", len);
    exchange(NULL, 0, bytes, len);
    free(bytes);
}

static void do_exchange(const char *arg)
{
    size_t len = number(arg);
    char *bytes = stream(0, len);

    note("  send     %zu bytes of the stream\n  expect   the same back", len);
    exchange(bytes, len, bytes, len);
    free(bytes);
}

static void do_each(const char *arg)
{
    size_t len;
    char *bytes = unescape(arg, &len);

    for (size_t i = 0; i < len; i++) {
        note("  send     %s, expect it back", show(bytes + i, 1));
        deadline = now() + patience;
        exchange(bytes + i, 1, bytes + i, 1);
    }
    free(bytes);
}

/* Send up to LEN bytes of the stream, as many as fit.  Returns how many. */
static size_t send_more(size_t len)
{
    char *bytes = stream(filled & ~(size_t)7, len + 8);
    ssize_t n = send(conn(), bytes + filled % 8, len, 0);

    free(bytes);
    if (n == -1 && errno != EAGAIN)
        unexpected("send failed after %zu bytes: %s", filled, strerror(errno));
    filled += n > 0 ? (size_t)n : 0;
    return n > 0 ? (size_t)n : 0;
}

static void do_fill(const char *arg)
{
    const size_t piece = 65536;

    for (size_t before = 1; filled < FILL_AT_MOST && filled != before;) {
        before = filled;
        while (filled < FILL_AT_MOST && send_more(piece) > 0)
            ;
        run(arg);
    }
    note("  send     %zu bytes of the stream, until no more fit", filled);
}

static void do_expect_filled(const char *arg)
{
    char *bytes = stream(0, filled);

    (void)arg;
    note("  expect   the same %zu bytes back", filled);
    exchange(NULL, 0, bytes, filled);
    free(bytes);
}

/*
 * Find in the kernel's table the sockets whose ports are LOCAL (0: any) and
 * REMOTE and whose state is STATE.  Returns how many there are; *TX and *RX
 * are how many bytes wait in the buffers of the last one.
 */
static int find_sockets(unsigned local, unsigned remote, unsigned state,
                        size_t *tx, size_t *rx)
{
    const char *tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
    int found = 0;

    for (int i = 0; i < 2; i++) {
        FILE *table = fopen(tables[i], "r");
        char line[512];
        unsigned ours, theirs, is;
        unsigned long send_queue, receive_queue;
        while (table && fgets(line, sizeof line, table)) {
            if (sscanf(line, "%*u: %*x:%x %*x:%x %x %lx:%lx", &ours, &theirs,
                       &is, &send_queue, &receive_queue) != 5 ||
                (local && ours != local) || theirs != remote || is != state)
                continue;
            found++;
            *tx = send_queue;
            *rx = receive_queue;
        }
        if (table)
            fclose(table);
    }
    return found;
}

/* Return the port in a text like 127.0.0.1:80. */
static unsigned port_of(const char *address)
{
    return (unsigned)number(strrchr(address, ':') + 1);
}

/*
 * Ask the kernel for the other end of our connection (sock_diag(7)), which is
 * faster than its table where there are many.  *TX and *RX are as above.
 * Returns 0, or -1 where that cannot be asked, or there is none.
 */
static int ask_for_peer(size_t *tx, size_t *rx)
{
#ifdef __linux__
    enum { SOCK_DIAG = 4, BY_FAMILY = 20, REQUEST = 1 };
    struct sockaddr_storage ours, theirs;
    socklen_t ours_len = sizeof ours, theirs_len = sizeof theirs;
    struct header {
        uint32_t len;
        uint16_t type, flags;
        uint32_t sequence, sender;
    };
    struct ends {
        uint16_t ports[2]; /* of that socket, and of its peer: ours */
        uint32_t addresses[2][4], interface, cookie[2];
    };
    struct {
        struct header header;
        uint8_t family, protocol, extensions, padding;
        uint32_t states;
        struct ends ends;
    } request = {
        .header = {sizeof request, BY_FAMILY, REQUEST, 0, 0},
        .protocol = IPPROTO_TCP,
        .states = ~0u,
        .ends.cookie = {~0u, ~0u}, /* any */
    };
    struct {
        struct header header;
        uint8_t family, state, timer, retransmits;
        struct ends ends;
        uint32_t expires, receive_queue, send_queue, user, inode;
        char more[256];
    } answer;

    if (getsockname(conn(), (struct sockaddr *)&ours, &ours_len) == -1 ||
        getpeername(conn(), (struct sockaddr *)&theirs, &theirs_len) == -1)
        return -1;
    const struct sockaddr_storage *both[] = {&theirs, &ours};
    request.family = (uint8_t)ours.ss_family;
    for (int i = 0; i < 2; i++) {
        const struct sockaddr_in *in = (const void *)both[i];
        const struct sockaddr_in6 *in6 = (const void *)both[i];
        request.ends.ports[i] = in->sin_port; /* or sin6_port, there as well */
        if (ours.ss_family == AF_INET)
            request.ends.addresses[i][0] = in->sin_addr.s_addr;
        else
            memcpy(request.ends.addresses[i], &in6->sin6_addr, 16);
    }
    int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, SOCK_DIAG);
    ssize_t n = kernel == -1 ? -1 : send(kernel, &request, sizeof request, 0);
    if (n != -1)
        n = recv(kernel, &answer, sizeof answer, 0);
    close(kernel);
    if (n < (ssize_t)offsetof(__typeof__(answer), user) ||
        answer.header.type != BY_FAMILY)
        return -1;
    *tx = answer.send_queue;
    *rx = answer.receive_queue;
    return 0;
#else
    (void)tx, (void)rx;
    return -1;
#endif
}

/*
 * Return how many bytes the server holds in its own memory: what we sent, less
 * what is in the four socket buffers, of which *RX waits for the server to read.
 * (We have read nothing, so nothing else has left.)  We look at the buffers in
 * the order in which bytes go through them: so one that moves meanwhile is seen
 * twice, perhaps, but never missed.
 */
static size_t held(size_t *rx)
{
    size_t tx = 0;
    int unsent = 0, unread = 0;
    unsigned ours = port_of(local_address(conn()));
    unsigned theirs = port_of(format_address(peer->ai_addr, peer->ai_addrlen));

#ifdef __linux__
    if (ioctl(conn(), TIOCOUTQ, &unsent) == -1)
        unexpected("TIOCOUTQ: %s", strerror(errno));
#endif
    if (ask_for_peer(&tx, rx) == -1 &&
        find_sockets(theirs, ours, 1, &tx, rx) != 1)
        unexpected("the server has no such connection any more");
    if (ioctl(conn(), FIONREAD, &unread) == -1)
        unexpected("FIONREAD: %s", strerror(errno));
    size_t in_buffers = (size_t)unsent + *rx + tx + (size_t)unread;
    return filled > in_buffers ? filled - in_buffers : 0;
}

static void do_held_at_most(const char *arg)
{
    size_t rx = 0, most = number(arg), holds;

    note("  expect   that the server holds at most %zu bytes of them", most);
    holds = held(&rx);
    if (holds > most)
        unexpected("it holds %zu, and %zu wait for it", holds, rx);
}

/* Return how many bytes the server has still to send back. */
static size_t due(void)
{
    size_t rx = 0, holds = held(&rx);

    return rx + holds;
}

static void do_fill_to_brim(const char *arg)
{
    while (filled < FILL_AT_MOST && send_more(1000) > 0) {
        for (int looks = 0; looks < 20 && due() > 0; looks++)
            ;
        if (due() == 0)
            continue;
        run(arg);
        if (due() > 0)
            break;
    }
    note("  send     %zu bytes of the stream, until some wait in the server",
         filled);
}

static void do_expect_connecting(const char *arg)
{
    const struct timespec moment = {.tv_nsec = 2000000};
    unsigned port = port_of(local_address(listener));
    size_t tx, rx;
    int wanted = (int)number(arg), there;

    note("  expect   that %s clients wait for their connections", arg);
    while ((there = find_sockets(0, port, 2, &tx, &rx)) < wanted) {
        if (now() > deadline)
            unexpected("%d do", there);
        nanosleep(&moment, NULL);
    }
}

/* Many clients, or many connections to a client: see `crowd`. */
static struct member {
    size_t round; /* how many messages it has said */
    size_t got; /* how much of the last one is back */
    size_t length; /* of that message, 0 if it has said none */
} * members;
static struct pollfd *crowd;
static size_t crowd_size, served;

/* Write what member I says into TEXT.  Returns its length. */
static size_t message(size_t i, char text[64])
{
    return (size_t)sprintf(text, "%zu. of member %zu\n", members[i].round, i);
}

/* Make room for N more, in the table of descriptors too. */
static void enlarge_crowd(size_t n)
{
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    void *fds = realloc(crowd, (crowd_size + n) * sizeof *crowd);
    void *more = realloc(members, (crowd_size + n) * sizeof *members);
    if (fds == NULL || more == NULL)
        err(PROBE_FAILED, "realloc");
    crowd = fds;
    members = more;
    memset(members + crowd_size, 0, n * sizeof *members);
}

static void wait_for_crowd(const char *what)
{
    double left = deadline - now();
    int n = poll(crowd, (nfds_t)crowd_size, left > 0 ? (int)(left * 1000) : 0);

    if (n == -1 && errno != EINTR)
        err(PROBE_FAILED, "poll");
    if (n == 0)
        unexpected("%s for %g s", what, patience);
}

/* Have N more connected. */
static void connect_crowd(size_t n)
{
    size_t first = crowd_size, waiting = n;
    int error;
    socklen_t len = sizeof error;

    enlarge_crowd(n);
    while (crowd_size < first + n) {
        int sock = new_socket();
        crowd[crowd_size++] = (struct pollfd){.fd = sock, .events = POLLOUT};
        if (connect(sock, peer->ai_addr, peer->ai_addrlen) == -1 &&
            errno != EINPROGRESS)
            unexpected("cannot connect: %s", strerror(errno));
    }
    while (waiting > 0) {
        wait_for_crowd("somebody was not connected");
        for (size_t i = first; i < crowd_size; i++) {
            if (crowd[i].revents == 0)
                continue;
            getsockopt(crowd[i].fd, SOL_SOCKET, SO_ERROR, &error, &len);
            if (error)
                unexpected("cannot connect: %s", strerror(error));
            crowd[i].events = 0;
            waiting--;
        }
    }
}

/* Member I says its next message. */
static void say(size_t i)
{
    char text[64];

    members[i].round++;
    members[i].got = 0;
    members[i].length = message(i, text);
    if (send(crowd[i].fd, text, members[i].length, 0) !=
        (ssize_t)members[i].length)
        unexpected("member %zu cannot send: %s", i, strerror(errno));
    crowd[i].events = POLLIN;
}

/* Member I hears what has come.  Returns 1 when its message is back. */
static int hear(size_t i)
{
    char text[64], buf[64];
    ssize_t n = recv(crowd[i].fd, buf, sizeof buf, 0);

    message(i, text);
    if (n == -1 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        unexpected("of member %zu's message %zu bytes came, then %s", i,
                   members[i].got, n ? strerror(errno) : "end of file");
    if ((size_t)n > members[i].length - members[i].got ||
        memcmp(buf, text + members[i].got, (size_t)n) != 0)
        unexpected(
            "to member %zu came %s\n  instead: %s", i, show(buf, (size_t)n),
            show(text + members[i].got, members[i].length - members[i].got));
    members[i].got += (size_t)n;
    deadline = now() + patience;
    if (members[i].got < members[i].length)
        return 0;
    crowd[i].events = 0;
    return 1;
}

/* Those from FIRST on each say something and hear it, ROUNDS times. */
static void talk(size_t first, size_t rounds)
{
    while (rounds-- > 0) {
        size_t open = crowd_size - first;
        for (size_t i = first; i < crowd_size; i++)
            say(i);
        while (open > 0) {
            wait_for_crowd("somebody's message did not come back");
            for (size_t i = first; i < crowd_size; i++)
                if (crowd[i].revents && hear(i))
                    open--;
        }
    }
}

static void do_crowd(const char *arg)
{
    size_t n = number(arg), piece = 64; /* no queue is shorter, nearly */

    note("  crowd    of %zu clients", n);
    for (size_t more; n > 0; n -= more) {
        more = n < piece ? n : piece;
        connect_crowd(more);
        talk(crowd_size - more, 1);
    }
}

static void do_talk(const char *arg)
{
    note("  talk     all at once, %s times", arg);
    talk(0, number(arg));
}

static void do_talk_for(const char *arg)
{
    double end = now() + strtod(arg, NULL);
    size_t open = crowd_size, times = 0;

    note("  talk     all at once, for %s s", arg);
    for (size_t i = 0; i < crowd_size; i++)
        say(i);
    while (open > 0) {
        wait_for_crowd("somebody's message did not come back");
        for (size_t i = 0; i < crowd_size; i++) {
            if (crowd[i].revents == 0 || !hear(i))
                continue;
            times++;
            if (now() < end)
                say(i);
            else
                open--;
        }
    }
    printf("%zu\n", times);
}

static void do_throng(const char *arg)
{
    note("  throng   of %s clients", arg);
    connect_crowd(number(arg));
    for (size_t i = 0; i < crowd_size; i++)
        say(i);
}

/* Let those who have been answered hear it. */
static void hear_some(void)
{
    if (poll(crowd, (nfds_t)crowd_size, 0) == -1)
        err(PROBE_FAILED, "poll");
    for (size_t i = 0; i < crowd_size; i++)
        if (crowd[i].revents)
            served += (size_t)hear(i);
}

static void do_some_served(const char *arg)
{
    (void)arg;
    hear_some();
    note("  expect   that some are served: %zu of %zu", served, crowd_size);
    if (served == 0)
        unexpected("nobody is");
    double end = now() + patience; /* for all of them: no server may nap */
    for (int talks = 0; talks < 20;)
        for (size_t i = 0; i < crowd_size; i++) {
            if (crowd[i].events != 0)
                continue;
            say(i);
            deadline = end;
            while (ready(crowd[i].fd, POLLIN) && !hear(i))
                deadline = end;
            if (crowd[i].events != 0)
                unexpected("member %zu, who was served, is not any more", i);
            talks++;
        }
}

/* One who has been served leaves.  Returns 0 if there is nobody like that. */
static int leave(void)
{
    for (size_t i = 0; i < crowd_size; i++) {
        if (crowd[i].fd == -1 || crowd[i].events != 0)
            continue;
        close(crowd[i].fd);
        crowd[i].fd = -1;
        return 1;
    }
    return 0;
}

static void do_one_leaves(const char *arg)
{
    size_t before = served;

    (void)arg;
    note("  leave    one of them; expect that one more is served");
    leave();
    while (served < crowd_size && served == before) {
        wait_for_crowd("nobody else was served");
        hear_some();
    }
}

static void do_all_served(const char *arg)
{
    (void)arg;
    note("  leave    one after the other; expect that all are served");
    while (served < crowd_size) {
        while (leave())
            ;
        wait_for_crowd("nobody else was served");
        hear_some();
    }
}

static void do_accept_crowd(const char *arg)
{
    size_t n = number(arg);

    note("  accept   %zu connections", n);
    enlarge_crowd(n);
    while (crowd_size < n) {
        int sock = accept(listener, NULL, NULL);
        if (sock == -1 && errno == EAGAIN) {
            if (!ready(listener, POLLIN))
                unexpected("only %zu came in %g s", crowd_size, patience);
            continue;
        }
        if (sock == -1)
            err(PROBE_FAILED, "accept");
        prepare(sock);
        crowd[crowd_size++] = (struct pollfd){.fd = sock, .events = POLLIN};
    }
}

static void do_echo_crowd(const char *arg)
{
    size_t open = crowd_size, all = 0;
    char buf[4096];

    (void)arg;
    note("  echo     what they say, until each has left");
    while (open > 0) {
        wait_for_crowd("nothing came, and nobody left");
        for (size_t i = 0; i < crowd_size; i++) {
            if (crowd[i].revents == 0)
                continue;
            ssize_t n = recv(crowd[i].fd, buf, sizeof buf, 0);
            if (n > 0 && send(crowd[i].fd, buf, (size_t)n, 0) != n)
                unexpected("send: %s", strerror(errno));
            if (n == -1 && errno != ECONNRESET)
                unexpected("recv: %s", strerror(errno));
            all += n > 0 ? (size_t)n : 0;
            if (n <= 0) {
                close(crowd[i].fd);
                crowd[i].fd = -1;
                open--;
            }
            deadline = now() + patience;
        }
    }
    printf("%zu\n", all);
}

/* Send each datagram back, until what was started has ended. */
static void echo_datagrams(void)
{
    static char buf[65536];
    struct pollfd fd = {.fd = conn(), .events = POLLIN};

    for (int over = 0; !over;) {
        over = has_ended(); /* and look a last time */
        if (now() > deadline)
            unexpected("no datagram, and no end, came for %g s", patience);
        while (poll(&fd, 1, over ? 0 : 5) == 1) {
            ssize_t n = receive(buf, sizeof buf);
            if (n == -1)
                unexpected("recv: %s", strerror(errno));
            send_datagram(buf, (size_t)n);
            deadline = now() + patience;
        }
    }
}

static void do_echo(const char *arg)
{
    char buf[65536];
    ssize_t n;

    (void)arg;
    note("  echo     what comes, until its end");
    if (datagrams) {
        echo_datagrams();
        return;
    }
    for (;;) {
        if (!ready(conn(), POLLIN))
            unexpected("the peer did not end what it sends for %g s", patience);
        n = recv(conn(), buf, sizeof buf, 0);
        if (n == 0)
            return;
        if (n == -1)
            unexpected("recv: %s", strerror(errno));
        exchange(buf, (size_t)n, NULL, 0);
        deadline = now() + patience;
    }
}

static void do_echo_in_two(const char *arg)
{
    char buf[65536];
    ssize_t n;

    note("  echo     what comes, in pieces, until its end");
    for (;;) {
        if (!ready(conn(), POLLIN))
            unexpected("the peer did not end what it sends for %g s", patience);
        n = recv(conn(), buf, sizeof buf, 0);
        if (n == 0 || (n == -1 && errno == ECONNRESET))
            return;
        if (n == -1)
            unexpected("recv: %s", strerror(errno));
        exchange(buf, (size_t)n / 2, NULL, 0);
        run(arg);
        deadline = now() + patience;
        exchange(buf + n / 2, (size_t)(n - n / 2), NULL, 0);
        deadline = now() + patience;
    }
}

static void do_echo_byte(const char *arg)
{
    char byte;

    (void)arg;
    note("  echo     one byte");
    if (!ready(conn(), POLLIN) || recv(conn(), &byte, 1, 0) != 1)
        unexpected("not a byte came");
    exchange(&byte, 1, NULL, 0);
}

static void do_shut_down(const char *arg)
{
    (void)arg;
    note("  shut down the sending side");
    if (shutdown(conn(), SHUT_WR) == -1)
        unexpected("shutdown: %s", strerror(errno));
}

/* Expect an end of file, or a reset too if RESET_WILL_DO. */
static void expect_end(int reset_will_do)
{
    char buf[4096];

    if (!ready(conn(), POLLIN))
        unexpected("the connection stayed open for %g s", patience);
    ssize_t n = recv(conn(), buf, sizeof buf, 0);
    if (n > 0)
        unexpected("came %s", show(buf, (size_t)n));
    if (n == -1 && !(reset_will_do && errno == ECONNRESET))
        unexpected("recv: %s", strerror(errno));
}

static void do_expect_end(const char *arg)
{
    (void)arg;
    note("  expect   end of file");
    expect_end(0);
}

static void do_expect_gone(const char *arg)
{
    (void)arg;
    note("  expect   the end of the connection");
    expect_end(1);
}

static void do_close(const char *arg)
{
    (void)arg;
    note("  close");
    if (current != -1)
        dialing[current] = 0;
    close(conn());
    conns[current] = -1;
}

static void do_reset(const char *arg)
{
    struct linger now_and_hard = {.l_onoff = 1, .l_linger = 0};

    (void)arg;
    note("  reset");
    setsockopt(conn(), SOL_SOCKET, SO_LINGER, &now_and_hard,
               sizeof now_and_hard);
    close(conn());
    conns[current] = -1;
}

static void stop_started(void)
{
    if (started > 0)
        kill(-started, SIGTERM);
}

static void do_start(const char *arg)
{
    fflush(stdout);
    started = fork();
    if (started == -1)
        err(PROBE_FAILED, "fork");
    if (started == 0) {
        setpgid(0, 0);
        execl("/bin/sh", "sh", "-c", arg, (char *)NULL);
        err(PROBE_FAILED, "sh");
    }
    setpgid(started, started);
    atexit(stop_started);
    note("  start    the program");
}

/* Does a socket that is connected to us hear of our refusals?  (Linux) */
static int refusal_is_heard(void)
{
    const char *port = getenv("PORT");
    unsigned ours = port ? (unsigned)number(port) : 0, local, remote;
    int heard = 0;
    char line[512];
    FILE *sockets = fopen("/proc/net/udp", "r");

    while (sockets && fgets(line, sizeof line, sockets))
        heard |= sscanf(line, "%*u: %*x:%x %*x:%x", &local, &remote) == 2 &&
                 remote == ours && local != ours;
    if (sockets)
        fclose(sockets);
    return heard;
}

static void do_ends(const char *arg)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    int status, wanted = (int)number(arg);
    pid_t pid;

    note("  expect   its end, with exit status %d", wanted);
    while ((pid = waitpid(started, &status, WNOHANG)) == 0) {
        if (now() > deadline)
            unexpected("it had not ended after %g s", patience);
        if (refusing && now() > deadline - patience + 2 && refusal_is_heard())
            unexpected("it goes on after 2 s; its socket is connected, so the "
                       "kernel has told it");
        nanosleep(&moment, NULL);
    }
    if (pid == -1)
        err(PROBE_FAILED, "waitpid");
    started = 0;
    if (WIFSIGNALED(status))
        unexpected("it ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != wanted)
        unexpected("it ended with exit status %d", WEXITSTATUS(status));
}

static void do_stranger(const char *arg)
{
    int sock = new_socket();

    (void)arg;
    if (connect(sock, (struct sockaddr *)&sender, sender_len) == -1)
        err(PROBE_FAILED, "connect");
    use_new(sock);
    note("  stranger at another port (connection %d)", count);
}

static void do_nag(const char *arg)
{
    struct pollfd fd = {.fd = conn(), .events = POLLIN};
    size_t len;
    char *bytes = unescape(arg, &len);

    note("  nag      with %s, until a datagram comes", show(bytes, len));
    do {
        if (now() > deadline)
            unexpected("none came for %g s", patience);
        send_datagram(bytes, len);
    } while (poll(&fd, 1, 100) == 0);
    free(bytes);
}

static void flood(const char *pid, int signo)
{
    ssize_t n = 0;

    note("  flood    and SIG%s for process %s, until nobody is there",
         signo == SIGINT ? "INT" : "TERM", pid);
    for (int i = 0; n != -1 && now() < deadline; i++) {
        n = send(conn(), "flood", 5, 0);
        if (n == -1 && errno == EAGAIN)
            n = 0;
        if (i == 300 && kill((pid_t)number(pid), signo) == -1)
            unexpected("kill: %s", strerror(errno));
    }
    if (n != -1)
        unexpected("somebody was still there after %g s", patience);
    if (errno != ECONNREFUSED)
        unexpected("send: %s", strerror(errno));
}

static void do_flood(const char *arg)
{
    flood(arg, SIGTERM);
}

static void do_flood_int(const char *arg)
{
    flood(arg, SIGINT);
}

/* Return how long after the datagram before it the last one was sent. */
static double gap(void)
{
    if (arrived_before == 0)
        errx(USAGE, "there were no two datagrams, or no time with them");
    return arrived - arrived_before;
}

static void do_later(const char *arg)
{
    note("  expect   that this was %s s after the one before, or later", arg);
    if (gap() < strtod(arg, NULL))
        unexpected("it was %.3f s after it", gap());
}

static void do_sooner(const char *arg)
{
    note("  expect   that this was %s s after the one before, or sooner", arg);
    if (gap() > strtod(arg, NULL))
        unexpected("it was %.3f s after it", gap());
}

static void do_expect_nothing(const char *arg)
{
    static char buf[65536];
    ssize_t n = recv(conn(), buf, sizeof buf, 0);

    (void)arg;
    note("  expect   that no datagram is there");
    if (n != -1)
        unexpected("there is %s", show(buf, (size_t)n));
    if (errno != EAGAIN)
        unexpected("recv: %s", strerror(errno));
}

static void do_expect_refused(const char *arg)
{
    static char buf[65536];

    (void)arg;
    note("  expect   to be refused");
    if (!ready(conn(), POLLIN))
        unexpected("nothing came for %g s", patience);
    ssize_t n = recv(conn(), buf, sizeof buf, 0);
    if (n != -1)
        unexpected("came %s", show(buf, (size_t)n));
    if (errno != ECONNREFUSED)
        unexpected("recv: %s", strerror(errno));
}

/* The datagram's header is ours to write: ports, length, no checksum. */
static void do_portless(const char *arg)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    size_t len;
    char *bytes = unescape(arg, &len), datagram[1024];
    int sock = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

    if (sock == -1)
        err(PROBE_FAILED, "socket");
    if (peer->ai_family != AF_INET || len > sizeof datagram - 8)
        errx(USAGE, "portless: over IPv4, and not too much");
    memcpy(&to, peer->ai_addr, sizeof to);
    uint16_t head[4] = {0, to.sin_port, htons((uint16_t)(len + 8)), 0};
    memcpy(datagram, head, 8);
    memcpy(datagram + 8, bytes, len);
    to.sin_port = 0;
    note("  portless %s", show(bytes, len));
    if (connect(sock, (struct sockaddr *)&to, sizeof to) == -1 ||
        send(sock, datagram, len + 8, 0) == -1)
        unexpected("send: %s", strerror(errno));
    close(sock);
    free(bytes);
}

static void do_run(const char *arg)
{
    note("  run      %s", in_words(arg));
    run(arg);
}

static void do_until(const char *arg)
{
    const struct timespec moment = {.tv_nsec = 5000000};

    note("  until    %s", in_words(arg));
    while (system(arg) != 0) {
        if (now() > deadline)
            unexpected("that was not so for %g s", patience);
        nanosleep(&moment, NULL);
    }
}

static const struct step {
    const char *name;
    int args;
    void (*take)(const char *arg);
} steps[] = {
    {"connect", 0, do_connect},
    {"dial", 0, do_dial},
    {"group", 1, do_group},
    {"accept", 0, do_accept},
    {"use", 1, do_use},
    {"local", 0, do_local},
    {"peer", 0, do_peer},
    {"send", 1, do_send},
    {"send-stream", 1, do_send_stream},
    {"expect", 1, do_expect},
    {"expect-stream", 1, do_expect_stream},
    {"exchange", 1, do_exchange},
    {"each", 1, do_each},
    {"fill", 1, do_fill},
    {"fill-to-brim", 1, do_fill_to_brim},
    {"expect-filled", 0, do_expect_filled},
    {"held-at-most", 1, do_held_at_most},
    {"crowd", 1, do_crowd},
    {"talk", 1, do_talk},
    {"talk-for", 1, do_talk_for},
    {"throng", 1, do_throng},
    {"some-served", 0, do_some_served},
    {"one-leaves", 0, do_one_leaves},
    {"all-served", 0, do_all_served},
    {"accept-crowd", 1, do_accept_crowd},
    {"echo-crowd", 0, do_echo_crowd},
    {"expect-connecting", 1, do_expect_connecting},
    {"ask", 1, do_ask},
    {"slowly", 1, do_slowly},
    {"call", 1, do_call},
    {"expect-bulk", 1, do_expect_bulk},
    {"expect-bulk-or-nil", 1, do_expect_bulk_or_nil},
    {"expect-line", 1, do_expect_line},
    {"await", 0, do_await},
    {"expect-answer", 1, do_expect_answer},
    {"expect-loss", 1, do_expect_loss},
    {"drain", 0, do_drain},
    {"send-answer", 1, do_send_answer},
    {"echo", 0, do_echo},
    {"echo-in-two", 1, do_echo_in_two},
    {"echo-byte", 0, do_echo_byte},
    {"shut-down", 0, do_shut_down},
    {"expect-end", 0, do_expect_end},
    {"expect-gone", 0, do_expect_gone},
    {"close", 0, do_close},
    {"reset", 0, do_reset},
    {"stranger", 0, do_stranger},
    {"nag", 1, do_nag},
    {"flood", 1, do_flood},
    {"flood-int", 1, do_flood_int},
    {"later", 1, do_later},
    {"sooner", 1, do_sooner},
    {"expect-nothing", 0, do_expect_nothing},
    {"expect-refused", 0, do_expect_refused},
    {"portless", 1, do_portless},
    {"start", 1, do_start},
    {"ends", 1, do_ends},
    {"run", 1, do_run},
    {"until", 1, do_until},
    {0},
};

/* Take the steps that ARGS names; every one gets the whole patience. */
static void converse(char *args[])
{
    while (*args) {
        const struct step *step = steps;
        while (step->name && strcmp(*args, step->name) != 0)
            step++;
        if (step->name == NULL)
            errx(USAGE, "%s: not a step", *args);
        if (step->args == 1 && args[1] == NULL)
            errx(USAGE, "%s: of what?", *args);
        deadline = now() + patience;
        step->take(args[1]);
        args += 1 + step->args;
    }
}

/* Close what the steps have left open, in order. */
static void close_all(void)
{
    for (int i = 0; i < count; i++)
        if (conns[i] != -1)
            close(conns[i]);
    for (size_t i = 0; i < crowd_size; i++)
        if (crowd[i].fd != -1)
            close(crowd[i].fd);
    count = 0;
    current = -1;
    crowd_size = served = filled = 0;
}

/* Take the steps ARGS of one client after another, until nobody listens. */
static void do_siege(char *args[])
{
    besieging = 1;
    setjmp(again);
    for (;;) {
        close_all();
        deadline = now() + patience;
        do_connect(NULL);
        converse(args);
    }
}

/* Fill our own queue with connections that nobody will accept. */
static void fill_queue(void)
{
    if (peer->ai_family != AF_UNIX || listen(listener, 0) == -1)
        errx(USAGE, "full goes with an address that is unix:PATH");
    while (connect(new_socket(), peer->ai_addr, peer->ai_addrlen) == 0)
        ;
    if (errno != EAGAIN)
        err(PROBE_FAILED, "connect to a full queue");
}

/* Let what we start know where `listener` is bound, in HOST and PORT. */
static void export_address(void)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    char host[80], port[16];

    if (getsockname(listener, (struct sockaddr *)&addr, &len) == -1 ||
        getnameinfo((struct sockaddr *)&addr, len, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        errx(PROBE_FAILED, "where are we?");
    setenv("HOST", host, 1);
    setenv("PORT", port, 1);
}

/* Take the steps ARGS of a server of that KIND: listen, bind or full. */
static void do_listen(char *args[], const char *kind)
{
    int on = 1, just_bind = strcmp(kind, "bind") == 0;
    int queue = strcmp(kind, "listen-to-one") == 0 ? 0 : SOMAXCONN;

    listener = new_socket();
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, peer->ai_addr, peer->ai_addrlen) == -1)
        err(PROBE_FAILED, "bind");
    if (strcmp(kind, "full") == 0)
        fill_queue();
    else if (!just_bind && listen(listener, queue) == -1)
        err(PROBE_FAILED, "listen");
    if (peer->ai_family == AF_UNIX) {
        const char *path = format_address(peer->ai_addr, peer->ai_addrlen);
        setenv("HOST", path, 1);
        note("  %-8s at %s", kind, path);
        converse(args);
        unlink(path);
        return;
    }

    export_address();
    note("  %s %s", just_bind ? "hold    " : "listen   on",
         local_address(listener));
    converse(args);
}

/* Take the steps ARGS of a server of datagrams, or of one that refuses them. */
static void do_udp_server(char *args[], int refuse)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    int on = 1;

    listener = new_socket();
    if (bind(listener, peer->ai_addr, peer->ai_addrlen) == -1)
        err(PROBE_FAILED, "bind");
    export_address();
    note("  %s %s", refuse ? "hold    " : "bind to ", local_address(listener));
    refusing = refuse;
    if (refuse) { /* it is connected to itself, and hears nobody else */
        if (getsockname(listener, (struct sockaddr *)&addr, &len) == -1 ||
            connect(listener, (struct sockaddr *)&addr, len) == -1)
            err(PROBE_FAILED, "connect");
    } else {
        setsockopt(listener, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on);
        use_new(listener);
    }
    converse(args);
}

static void do_refused(void)
{
    int sock = new_socket(), error = 0;
    socklen_t len = sizeof error;

    deadline = now() + patience;
    if (connect(sock, peer->ai_addr, peer->ai_addrlen) == -1) {
        error = errno;
        if (error == EINPROGRESS && ready(sock, POLLOUT))
            getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &len);
    }
    note("  connect  to %s", format_address(peer->ai_addr, peer->ai_addrlen));
    note("  expect   to be refused");
    if (error != ECONNREFUSED)
        unexpected("%s", error ? strerror(error) : "somebody accepted");
}

/* Expect that the address is taken, or free: a bind() without options tells. */
static void do_taken(int wanted)
{
    note("  bind     to %s", format_address(peer->ai_addr, peer->ai_addrlen));
    note("  expect   that it is %s", wanted ? "taken" : "free");
    int result = bind(new_socket(), peer->ai_addr, peer->ai_addrlen);
    if (result == -1 && errno != EADDRINUSE)
        unexpected("bind: %s", strerror(errno));
    if (wanted != (result == -1))
        unexpected("it is %s", wanted ? "free" : "taken");
}

/* Try to connect MOST times at once; print how many succeed unaccepted. */
static void do_queue(size_t most)
{
    struct pollfd *fds = calloc(most, sizeof *fds);
    size_t connected = 0, before = 0;
    int quiet = 0;

    if (fds == NULL)
        err(PROBE_FAILED, "calloc");
    for (size_t i = 0; i < most; i++) {
        fds[i] = (struct pollfd){.fd = new_socket(), .events = POLLOUT};
        if (connect(fds[i].fd, peer->ai_addr, peer->ai_addrlen) == -1 &&
            errno != EINPROGRESS)
            unexpected("connect: %s", strerror(errno));
    }
    while (connected < most && quiet < 8) { /* a busy machine takes its time */
        struct timespec moment = {.tv_nsec = 25000000};
        nanosleep(&moment, NULL);
        if (poll(fds, (nfds_t)most, 0) == -1)
            err(PROBE_FAILED, "poll");
        connected = 0;
        for (size_t i = 0; i < most; i++)
            connected += fds[i].revents == POLLOUT;
        quiet = connected == before ? quiet + 1 : 0;
        before = connected;
    }
    printf("%zu\n", connected);
    free(fds);
}

/* Print the addresses of HOST and PORT as lesson 02's `names` does. */
static void do_names(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    int error = getaddrinfo(host, port, &hints, &list);

    if (error)
        errx(UNEXPECTED, "%s: %s", host, gai_strerror(error));
    for (; list; list = list->ai_next) {
        char text[INET6_ADDRSTRLEN];
        struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)list->ai_addr;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)list->ai_addr;
        if (list->ai_family == AF_INET)
            printf("%s:%s\n",
                   inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text), port);
        if (list->ai_family == AF_INET6)
            printf("[%s]:%s flowinfo %lu scope %lu\n",
                   inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text), port,
                   (unsigned long)ntohl(v6->sin6_flowinfo),
                   (unsigned long)v6->sin6_scope_id);
    }
}

int main(int argc, char *argv[])
{
    size_t times = 1;
    int c;

    while ((c = getopt(argc, argv, "+t:n:")) != -1) {
        if (c == 't')
            patience = strtod(optarg, NULL);
        else if (c == 'n')
            times = number(optarg);
        else
            return USAGE;
    }
    if (patience <= 0 || argc - optind < 2)
        errx(USAGE, "usage: probe [-t SECONDS] [-n TIMES] "
                    "tcp|connect|narrow|thin|siege|"
                    "listen|narrow-listen|listen-to-one|bind|full|"
                    "udp|udp-server|udp-refuse|"
                    "refused|taken|free|queue|names|stream ADDRESS ...");
    const char *kind = argv[optind], *where = argv[optind + 1];
    char **rest = argv + optind + 2;
    const char *chosen = getenv("SEED");
    seed = chosen ? (uint64_t)strtoull(chosen, NULL, 10) : (uint64_t)getpid();
    signal(SIGPIPE, SIG_IGN);

    if (strcmp(kind, "names") == 0 && rest[0]) {
        do_names(where, rest[0]);
        return 0;
    }
    if (strcmp(kind, "stream") == 0) {
        size_t len = number(where);
        char *bytes = stream(0, len);
        size_t written = fwrite(bytes, 1, len, stdout);
        free(bytes);
        return written == len ? 0 : PROBE_FAILED;
    }
    peer = parse_address(where);
    datagrams = strncmp(kind, "udp", 3) == 0;
    if (datagrams)
        peer->ai_socktype = SOCK_DGRAM;
    thin = strcmp(kind, "thin") == 0 ? 536 : 0;
    narrow = strncmp(kind, "narrow", 6) == 0 || thin ? 65536 : 0;
    if (strcmp(kind, "narrow-listen") == 0)
        kind = "listen";
    if (strcmp(kind, "narrow") == 0 || thin || strcmp(kind, "tcp") == 0 ||
        strcmp(kind, "connect") == 0 || strcmp(kind, "udp") == 0) {
        while (times-- > 0) {
            deadline = now() + patience;
            do_connect(NULL);
            converse(rest);
            close_all();
        }
    } else if (strcmp(kind, "siege") == 0) {
        do_siege(rest);
    } else if (strncmp(kind, "listen", 6) == 0 || strcmp(kind, "bind") == 0 ||
               strcmp(kind, "full") == 0) {
        do_listen(rest, kind);
    } else if (strcmp(kind, "udp-server") == 0) {
        do_udp_server(rest, 0);
    } else if (strcmp(kind, "udp-refuse") == 0) {
        do_udp_server(rest, 1);
    } else if (strcmp(kind, "refused") == 0) {
        do_refused();
    } else if (strcmp(kind, "taken") == 0) {
        do_taken(1);
    } else if (strcmp(kind, "free") == 0) {
        do_taken(0);
    } else if (strcmp(kind, "queue") == 0 && rest[0]) {
        do_queue(number(rest[0]));
    } else {
        errx(USAGE, "%s: not a kind of peer, or it lacks a word", kind);
    }
    return 0;
}
