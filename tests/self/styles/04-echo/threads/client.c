/* client.c of 04-echo in another style: GNU's, two threads.  Whoever of them
   sees that all has come back ends the program.  */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int conn;
static atomic_ullong taken, back;
static atomic_bool over; /* stdin has ended */

static _Noreturn void
lose (const char *what, const char *why)
{
  dprintf (2, "client: %s: %s\n", what, why);
  _exit (1);
}

static void
end_if_done (void)
{
  if (over && taken == back)
    _exit (0);
}

static void *
send_stdin (void *unused)
{
  static char buffer[30000];
  (void) unused;

  while (true)
    {
      ssize_t n = read (0, buffer, sizeof buffer);
      if (n < 0)
        lose ("stdin", strerror (errno));
      if (n == 0)
        break;
      taken += (unsigned long long) n; /* before it can come back */
      for (ssize_t sent = 0, m; sent < n; sent += m)
        {
          m = send (conn, buffer + sent, (size_t) (n - sent), 0);
          if (m < 0)
            lose ("send", strerror (errno));
        }
    }
  over = true;
  end_if_done ();
  shutdown (conn, SHUT_WR); /* at which the server may close */
  return NULL;
}

static void
print_echo (void)
{
  static char buffer[30000];

  while (true)
    {
      ssize_t n = recv (conn, buffer, sizeof buffer, 0);
      if (n < 0)
        lose ("recv", strerror (errno));
      if (n == 0)
        lose ("recv", "the server closed too early");
      for (ssize_t done = 0, m; done < n; done += m)
        {
          m = write (1, buffer + done, (size_t) (n - done));
          if (m < 0)
            lose ("stdout", strerror (errno));
        }
      back += (unsigned long long) n;
      end_if_done ();
    }
}

int
main (int argc, char **argv)
{
  const char *host = "127.0.0.1", *port = "65432";
  switch (argc)
    {
    case 3:
      port = argv[2]; /* FALLTHROUGH */
    case 2:
      host = argv[1]; /* FALLTHROUGH */
    case 1:
      break;
    default:
      dprintf (2, "usage: %s [HOST [PORT]]\n", argv[0]);
      return 2;
    }
  size_t n = strlen (port);
  if (n == 0 || n > 5 || strspn (port, "0123456789") < n || atol (port) > 65535)
    {
      dprintf (2, "%s: '%s' is not a port\n", argv[0], port);
      return 2;
    }

  struct addrinfo *ai, wish = { .ai_socktype = SOCK_STREAM };
  int error = getaddrinfo (host, port, &wish, &ai);
  if (error != 0)
    lose (host, gai_strerror (error));
  do
    {
      conn = socket (ai->ai_family, ai->ai_socktype, ai->ai_protocol);
      if (conn == -1)
        lose ("socket", strerror (errno));
      if (connect (conn, ai->ai_addr, ai->ai_addrlen) == 0)
        break;
      error = errno;
      close (conn);
    }
  while ((ai = ai->ai_next) != NULL);
  if (ai == NULL)
    lose ("connect", strerror (error));

  signal (SIGPIPE, SIG_IGN);
  pthread_t thread;
  error = pthread_create (&thread, NULL, send_stdin, NULL);
  if (error != 0)
    lose ("pthread_create", strerror (error));
  print_echo ();
}
