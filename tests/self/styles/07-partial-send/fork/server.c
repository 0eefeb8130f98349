/* server.c of 07-partial-send in another style: GNU's; a child per client,
   plain read and write.  The handler of SIGUSR1 itself writes the line, digit
   by digit; the parent hands the signal on to its children.  */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 100 };

static volatile pid_t children[CHILDREN];       /* 0: a free place */
static volatile sig_atomic_t transferring;
static size_t volatile done, wanted;

static _Noreturn void
die (const char *call, int error)
{
  fprintf (stderr, "server: %s: %s\n", call, strerror (error));
  exit (1);
}

/* Write N in decimal before END, and return where it begins.  */
static char *
decimal (char *end, size_t n)
{
  do
    *--end = (char) ('0' + n % 10);
  while ((n /= 10) != 0);
  return end;
}

static void
tell (int sig)
{
  int error = errno;
  char line[80], *p = line + sizeof line;

  (void) sig;
  if (transferring)
    {
      p -= 7;
      memcpy (p, " bytes\n", 7);
      p = decimal (p, wanted);
      p -= 4;
      memcpy (p, " of ", 4);
      p = decimal (p, done);
      p -= 5;
      memcpy (p, "sent ", 5);
      if (write (STDERR_FILENO, p, (size_t) (line + sizeof line - p)) < 0)
        _exit (1);
    }
  errno = error;
}

static void
hand_on (int sig)
{
  int error = errno;

  for (int i = 0; i < CHILDREN; i++)
    if (children[i] > 0)
      kill (children[i], sig);
  errno = error;
}

static void
end_all (int sig)
{
  hand_on (sig);
  _exit (0);
}

static void
bury (int sig)
{
  int error = errno;
  pid_t pid;

  (void) sig;
  while ((pid = waitpid (-1, NULL, WNOHANG)) > 0)
    for (int i = 0; i < CHILDREN; i++)
      if (children[i] == pid)
        children[i] = 0;
  errno = error;
}

static void
catch_signal (int sig, void (*handler) (int))
{
  struct sigaction action = { .sa_handler = handler };

  sigfillset (&action.sa_mask);
  if (sigaction (sig, &action, NULL) == -1)
    die ("sigaction", errno);
}

/* In the child.  Return its exit status.  */
static int
serve (int conn)
{
  unsigned char number[8] = { 0 };
  size_t have = 0;
  uint64_t n = 0;
  unsigned long calls = 0;

  while (have < sizeof number)
    {
      ssize_t got = read (conn, number + have, sizeof number - have);
      if (got == 0 || (got == -1 && errno != EINTR))
        return 1;
      have += got > 0 ? (size_t) got : 0;
    }
  for (int i = 0; i < 8; i++)
    n = n << 8 | number[i];
  if (n > (uint64_t) 1 << 26)
    return 1;

  unsigned char *answer = malloc (n > 0 ? (size_t) n : 1);
  if (answer == NULL)
    return 1;
  unsigned char value = 0;
  for (size_t i = 0; i < n; i++)
    {
      answer[i] = value;
      value = value == 250 ? 0 : (unsigned char) (value + 1);
    }

  wanted = (size_t) n;
  transferring = 1;
  while (done < wanted)
    {
      ssize_t put = write (conn, answer + done, wanted - done);
      calls++;
      if (put == -1 && errno == EINTR)
        continue;
      if (put == -1)
        {
          perror ("server: write");
          return 1;
        }
      done += (size_t) put;
    }
  transferring = 0;
  printf ("sent %zu bytes in %lu calls of send()\n", wanted, calls);
  return fflush (stdout) != 0;
}

static void
start_child (int listener, int conn)
{
  sigset_t all, before;
  int place = 0;

  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &before);
  while (place < CHILDREN && children[place] != 0)
    place++;
  pid_t pid = place < CHILDREN ? fork () : -1;
  if (pid == -1)
    fprintf (stderr, "server: there are too many clients\n");
  if (pid == 0)
    {
      close (listener);
      catch_signal (SIGUSR1, tell);
      signal (SIGTERM, SIG_DFL);
      signal (SIGINT, SIG_DFL);
      sigprocmask (SIG_SETMASK, &before, NULL);
      exit (serve (conn));
    }
  if (pid > 0)
    children[place] = pid;
  sigprocmask (SIG_SETMASK, &before, NULL);
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

  signal (SIGPIPE, SIG_IGN);
  catch_signal (SIGUSR1, hand_on);
  catch_signal (SIGCHLD, bury);
  catch_signal (SIGINT, end_all);
  catch_signal (SIGTERM, end_all);
  int six = here.any.sa_family == AF_INET6;
  printf ("listening on %s%s%s:%s\n", six ? "[" : "", name, six ? "]" : "",
          number);
  fflush (stdout);

  while (1)
    {
      int conn = accept (listener, NULL, NULL);
      if (conn == -1)
        {
          if (errno != ECONNABORTED && errno != EINTR)
            {
              perror ("server: accept");
              sleep (1);
            }
          continue;
        }
      start_child (listener, conn);
      close (conn);
    }
}
