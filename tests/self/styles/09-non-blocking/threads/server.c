/* server.c of 09-non-blocking in another style: GNU's; a detached thread per
   client, plain read and write that wait.  A signal ends them all.  */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER ((size_t) 1 << 16)

static _Noreturn void
die (const char *call, int error)
{
  fprintf (stderr, "server: %s: %s\n", call, strerror (error));
  exit (1);
}

static void *
serve (void *arg)
{
  int conn = (int) (intptr_t) arg;
  char *buffer = malloc (BUFFER);
  ssize_t got, put;

  while (buffer != NULL
         && ((got = read (conn, buffer, BUFFER)) > 0
             || (got < 0 && errno == EINTR)))
    for (ssize_t done = 0; done < got; done += put)
      {
        put = write (conn, buffer + done, (size_t) (got - done));
        if (put < 0 && errno == EINTR)
          put = 0;
        if (put < 0)
          goto lost;
      }
lost:
  free (buffer);
  close (conn);
  return NULL;
}

static void
leave (int signo)
{
  (void) signo;
  _exit (0);
}

int
main (int argc, char **argv)
{
  if (argc > 3)
    {
      fprintf (stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
      return 2;
    }
  char const *host = argc > 1 ? argv[1] : "127.0.0.1";
  char const *port = argc > 2 ? argv[2] : "65432";
  char rest;
  unsigned value;
  if (strlen (port) > 5 || strspn (port, "0123456789") != strlen (port)
      || sscanf (port, "%u%c", &value, &rest) != 1 || value > 65535)
    {
      fprintf (stderr, "%s: invalid port '%s'\n", argv[0], port);
      return 2;
    }

  signal (SIGPIPE, SIG_IGN);
  signal (SIGINT, leave);
  signal (SIGTERM, leave);

  struct addrinfo *ai, hints = { .ai_socktype = SOCK_STREAM,
                                 .ai_flags = AI_PASSIVE };
  int error = getaddrinfo (*host != '\0' ? host : NULL, port, &hints, &ai);
  if (error != 0)
    {
      fprintf (stderr, "%s: %s: %s\n", argv[0], host, gai_strerror (error));
      return 1;
    }
  int listener = socket (ai->ai_family, ai->ai_socktype, ai->ai_protocol);
  if (listener == -1)
    die ("socket", errno);
  if (setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 },
                  sizeof (int))
      == -1)
    die ("setsockopt", errno);
  if (bind (listener, ai->ai_addr, ai->ai_addrlen) == -1)
    die ("bind", errno);
  if (listen (listener, SOMAXCONN) == -1)
    die ("listen", errno);
  freeaddrinfo (ai);

  union
  {
    struct sockaddr any;
    struct sockaddr_storage room;
  } here;
  socklen_t len = sizeof here;
  char name[80], number[8];
  if (getsockname (listener, &here.any, &len) == -1)
    die ("getsockname", errno);
  if (getnameinfo (&here.any, len, name, sizeof name, number, sizeof number,
                   NI_NUMERICHOST | NI_NUMERICSERV)
      != 0)
    die ("getnameinfo", EINVAL);
  int six = here.any.sa_family == AF_INET6;
  printf ("listening on %s%s%s:%s\n", six ? "[" : "", name, six ? "]" : "",
          number);
  fflush (stdout);

  pthread_attr_t detached;
  pthread_attr_init (&detached);
  pthread_attr_setdetachstate (&detached, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize (&detached, 1 << 18);
  while (1)
    {
      pthread_t thread;
      int conn = accept (listener, NULL, NULL);
      if (conn == -1)
        {
          if (errno != ECONNABORTED && errno != EINTR)
            {
              perror ("server: accept");
              poll (NULL, 0, 100);
            }
          continue;
        }
      error = pthread_create (&thread, &detached, serve,
                              (void *) (intptr_t) conn);
      if (error != 0)
        {
          fprintf (stderr, "server: pthread_create: %s\n", strerror (error));
          close (conn);
        }
    }
}
