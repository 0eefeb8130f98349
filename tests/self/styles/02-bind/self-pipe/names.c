/* names.c of 02-bind in another style: GNU's, with getnameinfo.  What it adds
   to the scope ("%lo") is cut off again, for the scope is told as a number.  */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void
show (const struct addrinfo *a)
{
  char host[128], port[8];
  struct sockaddr_in6 six;

  if (a == NULL)
    return;
  if (getnameinfo (a->ai_addr, a->ai_addrlen, host, sizeof host, port,
                   sizeof port, NI_NUMERICHOST | NI_NUMERICSERV)
      != 0)
    {
      fputs ("names: getnameinfo failed\n", stderr);
      exit (EXIT_FAILURE);
    }
  if (a->ai_family == AF_INET6)
    {
      host[strcspn (host, "%")] = '\0';
      memcpy (&six, a->ai_addr, sizeof six);
      printf ("[%s]:%s flowinfo %u scope %u\n", host, port,
              (unsigned) ntohl (six.sin6_flowinfo),
              (unsigned) six.sin6_scope_id);
    }
  else
    printf ("%s:%s\n", host, port);
  show (a->ai_next);
}

int
main (int argc, char **argv)
{
  struct addrinfo wish = { .ai_socktype = SOCK_STREAM,
                           .ai_flags = AI_NUMERICSERV };
  struct addrinfo *found;
  const char *port = argc == 3 ? argv[2] : "65432";
  int used = 0, why;
  unsigned value;

  if (argc < 2 || argc > 3
      || sscanf (port, "%5u%n", &value, &used) != 1
      || strspn (port, "0123456789") != strlen (port)
      || (size_t) used != strlen (port) || value > 65535)
    {
      fprintf (stderr, "usage: %s HOST [PORT]\n", argv[0]);
      exit (2);
    }
  why = getaddrinfo (argv[1], port, &wish, &found);
  if (why != 0)
    {
      fprintf (stderr, "%s: %s: %s\n", argv[0], argv[1], gai_strerror (why));
      exit (EXIT_FAILURE);
    }
  show (found);
  freeaddrinfo (found);
  return EXIT_SUCCESS;
}
