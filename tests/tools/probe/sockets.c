/*
 * sockets.c - addresses as text, and sockets that never block.
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "probe.h"

struct addrinfo *peer;
int listener = -1;
int receive_buffer;
int segment;
bool datagrams;

/*
 * Return the address in the unix domain that TEXT is (unix:PATH, dgram:PATH or
 * seqpacket:PATH), in memory that is used again; or NULL if it is of another
 * kind.  Ends with status 2 if the path is too long.
 */
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

/*
 * Return the address that TEXT is: 127.0.0.1:80, [::1]:80, or one in the unix
 * domain.  Ends with status 1 if it is none of these, because TEXT may be what
 * the judged program printed.
 */
struct addrinfo *parse_address(const char *text)
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

/*
 * Return ADDR of LEN bytes as text (for the unix domain only its path), which
 * the next call overwrites.
 */
const char *format_address(const struct sockaddr *addr, socklen_t len)
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

/* Return the address that the command line names, as format_address() does. */
const char *peer_address(void)
{
    return format_address(peer->ai_addr, peer->ai_addrlen);
}

/* Return where SOCK is bound, as format_address() does. */
const char *local_address(int sock)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (getsockname(sock, (struct sockaddr *)&addr, &len) == -1)
        err(PROBE_FAILED, "getsockname");
    return format_address((struct sockaddr *)&addr, len);
}

/*
 * Make SOCK one that never blocks and that no other program inherits.  TCP
 * sends each piece immediately, by itself.
 */
void prepare(int sock)
{
    int on = 1;

    setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(sock, F_SETFD, FD_CLOEXEC);
    fcntl(sock, F_SETFL, O_NONBLOCK);
}

/* Let us have as many descriptors as we may.  (What we start has fewer.) */
void allow_many_sockets(void)
{
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* Return a new socket of the peer's kind, with the buffers that were chosen. */
int new_socket(void)
{
    int type = datagrams ? SOCK_DGRAM : peer->ai_socktype;
    int sock = socket(peer->ai_family, type, 0);

    if (sock == -1)
        err(PROBE_FAILED, "socket");
    if (receive_buffer)
        setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                   sizeof receive_buffer);
    if (segment)
        setsockopt(sock, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    prepare(sock);
    return sock;
}
