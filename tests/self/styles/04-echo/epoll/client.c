/* client.c of 04-echo in another style: GNU's, select, a ring of bytes that
   stdin fills and the connection empties.  */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RING = 1 << 15 };

static char ring[RING];
static unsigned head, tail; /* they count on; their place is modulo RING */
static unsigned long long owed;

static _Noreturn void
die (int status, const char *what, const char *why)
{
  fprintf (stderr, "client: %s: %s\n", what, why);
  exit (status);
}

/* The pieces of the ring from FROM to TO, at most two.  */
static int
pieces (struct iovec v[2], unsigned from, unsigned to)
{
  unsigned first = from % RING, len = to - from;
  unsigned until_edge = RING - first;
  v[0] = (struct iovec){ ring + first, len < until_edge ? len : until_edge };
  v[1] = (struct iovec){ ring, len - v[0].iov_len };
  return v[1].iov_len ? 2 : 1;
}

static bool
fill (void)
{
  struct iovec v[2];
  ssize_t n = readv (STDIN_FILENO, v, pieces (v, tail, head + RING));
  if (n < 0 && errno != EINTR && errno != EAGAIN)
    die (1, "readv", strerror (errno));
  if (n > 0)
    {
      tail += (unsigned) n;
      owed += (unsigned long long) n;
    }
  return n != 0;
}

static void
drain (int fd)
{
  struct iovec v[2];
  ssize_t n = writev (fd, v, pieces (v, head, tail));
  if (n < 0 && errno != EINTR && errno != EAGAIN)
    die (1, "writev", strerror (errno));
  if (n > 0)
    head += (unsigned) n;
}

static void
show (int fd)
{
  char bytes[20000];
  ssize_t n = recv (fd, bytes, sizeof bytes, 0);
  if (n == 0)
    die (1, "recv", "the server closed before all was back");
  if (n < 0 && errno != EINTR && errno != EAGAIN)
    die (1, "recv", strerror (errno));
  if (n <= 0)
    return;
  owed -= (unsigned long long) n;
  fwrite (bytes, 1, (size_t) n, stdout);
  if (fflush (stdout) != 0)
    die (1, "stdout", strerror (errno));
}

static int
open_connection (const char *host, const char *port)
{
  struct addrinfo *ai, wish = { .ai_socktype = SOCK_STREAM };
  int why = getaddrinfo (host, port, &wish, &ai);
  if (why != 0)
    die (1, host, gai_strerror (why));
  for (struct addrinfo *a = ai; a != NULL; a = a->ai_next)
    {
      int fd = socket (a->ai_family, a->ai_socktype, a->ai_protocol);
      if (fd >= FD_SETSIZE)
        die (1, "socket", "too many descriptors for select");
      if (fd >= 0 && connect (fd, a->ai_addr, a->ai_addrlen) == 0)
        {
          freeaddrinfo (ai);
          return fd;
        }
      why = errno;
      if (fd >= 0)
        close (fd);
    }
  die (1, "connect", strerror (why));
}

int
main (int argc, char **argv)
{
  const char *port = argc > 2 ? argv[2] : "65432";
  char *end;
  if (argc > 3)
    die (2, "usage", "client [HOST [PORT]]");
  if (*port < '0' || *port > '9' || strtoull (port, &end, 10) > 65535 || *end)
    die (2, port, "not a port");

  signal (SIGPIPE, SIG_IGN);
  int fd = open_connection (argc > 1 ? argv[1] : "127.0.0.1", port);
  fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK);

  for (bool more = true, said = false; more || owed > 0;)
    {
      fd_set in, out;
      FD_ZERO (&in);
      FD_ZERO (&out);
      FD_SET (fd, &in);
      if (more && tail - head < RING)
        FD_SET (STDIN_FILENO, &in);
      if (tail != head)
        FD_SET (fd, &out);
      if (select (fd + 1, &in, &out, NULL, NULL) < 0)
        {
          if (errno == EINTR)
            continue;
          die (1, "select", strerror (errno));
        }
      if (FD_ISSET (fd, &in))
        show (fd);
      if (FD_ISSET (fd, &out))
        drain (fd);
      if (FD_ISSET (STDIN_FILENO, &in))
        more = fill ();
      if (!more && head == tail && !said)
        said = shutdown (fd, SHUT_WR) == 0;
    }
  return 0;
}
