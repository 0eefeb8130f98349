/* server.c of 01-socket in another style: GNU's, with getopt for the command
   line, names made by the preprocessor, and everything in one record.  */
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAMILIES(X) X (inet, AF_INET) X (inet6, AF_INET6) X (unix_, AF_UNIX)
#define TYPES(X)                                                              \
  X (stream, SOCK_STREAM) X (dgram, SOCK_DGRAM) X (seqpacket, SOCK_SEQPACKET)
#define PROTOCOLS(X) X (tcp, IPPROTO_TCP) X (udp, IPPROTO_UDP)

struct description
{
  int family;
  int type;
  int protocol;
};

static _Noreturn void
die (int status, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  fputs ("server: ", stderr);
  vfprintf (stderr, format, ap);
  fputc ('\n', stderr);
  va_end (ap);
  exit (status);
}

/* A word on the command line against a name: "unix_" stands for "unix", which
   some compilers define.  */
static bool
is_word (const char *word, const char *name)
{
  size_t n = strcspn (name, "_");
  return strlen (word) == n && memcmp (word, name, n) == 0;
}

static int
parse_family (const char *word)
{
#define TRY(name, value) if (is_word (word, #name)) return value;
  FAMILIES (TRY)
  die (2, "there is no family '%s'", word);
}

static int
parse_type (const char *word)
{
  TYPES (TRY)
  die (2, "there is no type '%s'", word);
#undef TRY
}

#define IS(name, constant) value == constant ? #constant :
static const char *
family_name (int value)
{
  return FAMILIES (IS) "?";
}

static const char *
type_name (int value)
{
  return TYPES (IS) "?";
}

static const char *
protocol_name (int value)
{
  return PROTOCOLS (IS) "0";
}
#undef IS

static struct description
describe (int fd)
{
  union
  {
    struct sockaddr any;
    struct sockaddr_storage room;
  } u;
  struct description d = { 0 };

  if (getsockname (fd, &u.any, &(socklen_t){ sizeof u }) != 0)
    die (1, "getsockname: %s", strerror (errno));
  d.family = u.any.sa_family;
  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, &d.type,
                  &(socklen_t){ sizeof d.type }) != 0)
    die (1, "getsockopt: %s", strerror (errno));
#ifdef SO_PROTOCOL
  if (getsockopt (fd, SOL_SOCKET, SO_PROTOCOL, &d.protocol,
                  &(socklen_t){ sizeof d.protocol }) != 0)
    die (1, "getsockopt: %s", strerror (errno));
#endif
  return d;
}

int
main (int argc, char **argv)
{
  struct description wish = { AF_INET, SOCK_STREAM, 0 };

  while (getopt (argc, argv, "") != -1)
    die (2, "usage: server [FAMILY [TYPE]]");
  if (argc - optind > 2)
    die (2, "too many arguments");
  if (optind < argc)
    wish.family = parse_family (argv[optind++]);
  if (optind < argc)
    wish.type = parse_type (argv[optind++]);

  int fd = socket (wish.family, wish.type, wish.protocol);
  if (fd == -1)
    die (1, "socket: %s", strerror (errno));
  struct description got = describe (fd);
  printf ("socket %d: %s, %s, %s\n", fd, family_name (got.family),
          type_name (got.type), protocol_name (got.protocol));
  if (fclose (stdout) != 0)
    die (1, "stdout: %s", strerror (errno));
  close (fd);
  return EXIT_SUCCESS;
}
