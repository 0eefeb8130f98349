/* client.c of 03-listen-accept in another style: GNU's, with getopt; what it
   prints is composed in memory first, and a recursion goes through the addresses.  */
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
append (FILE *stream, const char *word, const struct sockaddr *where,
        socklen_t len)
{
  char host[128], service[8];
  int why = getnameinfo (where, len, host, sizeof host, service,
                         sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
  if (why != 0)
    {
      fprintf (stderr, "client: getnameinfo: %s\n", gai_strerror (why));
      exit (1);
    }
  if (where->sa_family == AF_INET6)
    fprintf (stream, "%s [%s]:%s", word, host, service);
  else
    fprintf (stream, "%s %s:%s", word, host, service);
}

/* Connect to A or to what comes after it.  */
static int
reach (const struct addrinfo *a)
{
  int fd = socket (a->ai_family, a->ai_socktype, a->ai_protocol), why;
  if (fd != -1 && connect (fd, a->ai_addr, a->ai_addrlen) == 0)
    return fd;
  why = errno;
  if (fd != -1)
    close (fd);
  if (a->ai_next != NULL)
    return reach (a->ai_next);
  fprintf (stderr, "client: cannot connect: %s\n", strerror (why));
  exit (1);
}

int
main (int argc, char **argv)
{
  const char *words[] = { "127.0.0.1", "65432" };
  int n = 0, c;

  while ((c = getopt (argc, argv, "")) != -1)
    return 2;
  for (; optind < argc; optind++, n++)
    {
      if (n == 2)
        {
          fputs ("client: too many arguments\n", stderr);
          return 2;
        }
      words[n] = argv[optind];
    }
  char *end;
  intmax_t port = strtoimax (words[1], &end, 10);
  if (end == words[1] || *end != '\0' || port < 0 || port > 65535
      || strchr ("+- ", words[1][0]) != NULL)
    {
      fprintf (stderr, "client: %s: what port?\n", words[1]);
      return 2;
    }

  struct addrinfo *all, wish = { .ai_socktype = SOCK_STREAM };
  int why = getaddrinfo (words[0], words[1], &wish, &all);
  if (why != 0)
    {
      fprintf (stderr, "client: %s: %s\n", words[0], gai_strerror (why));
      return 1;
    }
  int fd = reach (all);
  freeaddrinfo (all);

  char *text;
  size_t size;
  FILE *stream = open_memstream (&text, &size);
  struct sockaddr_storage end_point;
  socklen_t len = sizeof end_point;
  if (stream == NULL
      || getpeername (fd, (struct sockaddr *) &end_point, &len) != 0)
    {
      perror ("client: getpeername");
      return 1;
    }
  append (stream, "connected to", (struct sockaddr *) &end_point, len);
  len = sizeof end_point;
  if (getsockname (fd, (struct sockaddr *) &end_point, &len) != 0)
    {
      perror ("client: getsockname");
      return 1;
    }
  append (stream, " from", (struct sockaddr *) &end_point, len);
  fclose (stream);
  puts (text);
  free (text);
  return 0;
}
