/* server.c of 02-bind in another style: GNU's, with getopt; the socket is
   non-blocking and close-on-exec, the empty host is [::] where that is for
   IPv4 too, and a signal comes as a byte in a pipe.  Linux only (pipe2).  */
#define _GNU_SOURCE /* SOCK_NONBLOCK, SOCK_CLOEXEC, pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int wake[2];

static void
on_signal (int signo)
{
  int saved = errno;
  unsigned char number = (unsigned char) signo;
  while (write (wake[1], &number, 1) == -1 && errno == EINTR)
    continue;
  errno = saved;
}

static _Noreturn void
die (int status, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  vdprintf (STDERR_FILENO, format, ap);
  va_end (ap);
  exit (status);
}

static bool
is_port (const char *text)
{
  unsigned value = 0;
  const char *p = text;
  for (; *p >= '0' && *p <= '9' && value <= 65535; p++)
    value = 10 * value + (unsigned) (*p - '0');
  return p != text && *p == '\0' && value <= 65535;
}

/* A socket on every address, over both versions of IP if that is possible.  */
static int
bind_everywhere (const char *port)
{
  int off = 0;
  in_port_t number = htons ((in_port_t) atoi (port));
  struct sockaddr_in6 six
      = { .sin6_family = AF_INET6, .sin6_port = number };
  struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = number };
  int fd = socket (AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  six.sin6_addr = in6addr_any;
  if (fd != -1
      && setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0
      && bind (fd, (struct sockaddr *) &six, sizeof six) == 0)
    return fd;
  if (fd != -1)
    close (fd);
  fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd == -1)
    die (1, "server: socket: %s\n", strerror (errno));
  four.sin_addr.s_addr = htonl (INADDR_ANY);
  if (bind (fd, (struct sockaddr *) &four, sizeof four) != 0)
    die (1, "server: bind: %s\n", strerror (errno));
  return fd;
}

/* A socket on the first address of HOST that can be had.  */
static int
bind_one (const char *host, const char *port)
{
  struct addrinfo wish = { .ai_family = AF_UNSPEC,
                           .ai_socktype = SOCK_STREAM,
                           .ai_flags = AI_NUMERICSERV };
  struct addrinfo *found;
  const char *call = "";
  int why = getaddrinfo (host, port, &wish, &found), fd = -1;

  if (why != 0)
    die (1, "server: getaddrinfo: %s\n", gai_strerror (why));
  for (struct addrinfo *a = found; a != NULL; a = a->ai_next)
    {
      call = "socket";
      fd = socket (a->ai_family,
                   a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   a->ai_protocol);
      if (fd == -1)
        {
          why = errno;
          continue;
        }
      call = "bind";
      if (bind (fd, a->ai_addr, a->ai_addrlen) == 0)
        break;
      why = errno;
      close (fd);
      fd = -1;
    }
  freeaddrinfo (found);
  if (fd == -1)
    die (1, "server: %s %s port %s: %s\n", call, host, port, strerror (why));
  return fd;
}

int
main (int argc, char **argv)
{
  const char *host = "127.0.0.1", *port = "65432";

  while (getopt (argc, argv, "") != -1)
    die (2, "usage: %s [HOST [PORT]]\n", argv[0]);
  if (optind < argc)
    host = argv[optind++];
  if (optind < argc)
    port = argv[optind++];
  if (optind < argc)
    die (2, "usage: %s [HOST [PORT]]\n", argv[0]);
  if (!is_port (port))
    die (2, "%s: '%s' is not a port\n", argv[0], port);

  if (pipe2 (wake, O_CLOEXEC) != 0)
    die (1, "server: pipe2: %s\n", strerror (errno));
  struct sigaction action = { .sa_handler = on_signal,
                              .sa_flags = SA_RESTART };
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);

  int fd = *host != '\0' ? bind_one (host, port) : bind_everywhere (port);

  struct sockaddr_storage here;
  socklen_t len = sizeof here;
  char h[INET6_ADDRSTRLEN + 20], p[6];
  if (getsockname (fd, (struct sockaddr *) &here, &len) != 0
      || getnameinfo ((struct sockaddr *) &here, len, h, sizeof h, p, sizeof p,
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    die (1, "server: getsockname or getnameinfo failed\n");
  dprintf (STDOUT_FILENO, here.ss_family == AF_INET6 ? "bound to [%s]:%s\n"
                                                     : "bound to %s:%s\n",
           h, p);

  unsigned char signo;
  ssize_t n;
  do
    n = read (wake[0], &signo, 1);
  while (n == -1 && errno == EINTR);
  dprintf (STDOUT_FILENO, "signal %d: good-bye\n", signo);
  close (fd);
  return EXIT_SUCCESS;
}
