/* server.c of 03-listen-accept in another style: GNU's; four threads that are
   there from the start take turns: one at a time accepts and prints, the others
   wait for their turn, or hang up.  Main waits for a signal.  */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 4 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void
say (const char *what, const struct sockaddr *where, socklen_t len)
{
  char host[100], port[10];

  if (getnameinfo (where, len, host, sizeof host, port, sizeof port,
                   NI_NUMERICHOST | NI_NUMERICSERV)
      != 0)
    return;
  if (strchr (host, ':') != NULL)
    printf ("%s [%s]:%s\n", what, host, port);
  else
    printf ("%s %s:%s\n", what, host, port);
  fflush (stdout);
}

static void *
work (void *arg)
{
  const int listener = *(const int *) arg;

  for (;;)
    {
      struct sockaddr_storage peer;
      socklen_t len = sizeof peer;

      pthread_mutex_lock (&turn);
      int fd = accept (listener, (struct sockaddr *) &peer, &len);
      if (fd >= 0)
        say ("accepted", (struct sockaddr *) &peer, len);
      else if (errno != ECONNABORTED && errno != EINTR)
        {
          perror ("server: accept");
          nanosleep (&(struct timespec){ .tv_nsec = 200000000 }, NULL);
        }
      pthread_mutex_unlock (&turn);
      if (fd >= 0)
        close (fd);
    }
  return NULL;
}

static void
check (int result, const char *call)
{
  if (result == 0)
    return;
  fprintf (stderr, "server: %s: %s\n", call,
           strerror (result == -1 ? errno : result));
  exit (1);
}

static int
number (const char *text, long most)
{
  char *end;
  errno = 0;
  long n = strtol (text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n > most)
    {
      fprintf (stderr, "server: bad number '%s'\n", text);
      exit (2);
    }
  return (int) n;
}

int
main (int argc, char **argv)
{
  char *host = argc > 1 ? argv[1] : "127.0.0.1";
  char *port = argc > 2 ? argv[2] : "65432";
  int backlog = SOMAXCONN;

  if (argc > 4)
    {
      fprintf (stderr, "usage: %s [HOST [PORT [BACKLOG]]]\n", argv[0]);
      return 2;
    }
  number (port, 65535);
  if (argc > 3 && (backlog = number (argv[3], 2147483647)) == 0)
    {
      fprintf (stderr, "server: a backlog of 0\n");
      return 2;
    }

  sigset_t ends;
  sigemptyset (&ends);
  sigaddset (&ends, SIGINT);
  sigaddset (&ends, SIGTERM);
  check (pthread_sigmask (SIG_BLOCK, &ends, NULL), "pthread_sigmask");

  struct addrinfo *found;
  int failed = getaddrinfo (*host != '\0' ? host : NULL, port,
                            &(struct addrinfo){ .ai_flags = AI_PASSIVE,
                                                .ai_socktype = SOCK_STREAM },
                            &found);
  if (failed != 0)
    {
      fprintf (stderr, "server: getaddrinfo: %s\n", gai_strerror (failed));
      return 1;
    }
  int listener = socket (found->ai_family, SOCK_STREAM, 0);
  if (listener == -1)
    check (-1, "socket");
  check (setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 },
                     sizeof (int)),
         "setsockopt");
  check (bind (listener, found->ai_addr, found->ai_addrlen), "bind");
  check (listen (listener, backlog), "listen");
  freeaddrinfo (found);

  for (int i = 0; i < WORKERS; i++)
    {
      pthread_t thread;
      check (pthread_create (&thread, NULL, work, &listener),
             "pthread_create");
      check (pthread_detach (thread), "pthread_detach");
    }

  struct sockaddr_storage here;
  socklen_t len = sizeof here;
  check (getsockname (listener, (struct sockaddr *) &here, &len),
         "getsockname");
  say ("listening on", (struct sockaddr *) &here, len);

  int signo;
  check (sigwait (&ends, &signo), "sigwait");
  _exit (0); /* the threads are in the middle of something: leave at once */
}
