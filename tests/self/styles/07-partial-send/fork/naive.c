/* naive.c of 07-partial-send in another style: GNU's; read and write, the
   answer from malloc, and nothing looked at twice.  */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
serve (int conn)
{
  unsigned char number[8];
  unsigned long long n = 0;

  if (read (conn, number, 8) != 8)
    return;
  for (int i = 0; i < 8; i++)
    n = n * 256 + number[i];
  char *answer = n <= 67108864 ? malloc ((size_t) n + 1) : NULL;
  if (answer == NULL)
    return;
  for (size_t i = 0; i < n; i++)
    answer[i] = (char) (i % 251);
  ssize_t put = write (conn, answer, (size_t) n);
  printf ("%zd of %llu\n", put, n);
  fflush (stdout);
  free (answer);
}

int
main (int argc, char **argv)
{
  char const *host = argc > 1 ? argv[1] : "127.0.0.1";
  char const *port = argc > 2 ? argv[2] : "65432";
  struct addrinfo *ai, hints = { .ai_socktype = SOCK_STREAM,
                                 .ai_flags = AI_PASSIVE };

  if (argc > 3 || *port == '\0' || strspn (port, "0123456789") != strlen (port)
      || strtoul (port, NULL, 10) > 65535)
    {
      fprintf (stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
      return 2;
    }
  signal (SIGPIPE, SIG_IGN);
  int error = getaddrinfo (*host != '\0' ? host : NULL, port, &hints, &ai);
  if (error != 0)
    {
      fprintf (stderr, "%s: %s: %s\n", argv[0], host, gai_strerror (error));
      return 1;
    }
  int listener = socket (ai->ai_family, ai->ai_socktype, ai->ai_protocol);
  if (listener == -1
      || setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 },
                     sizeof (int))
      || bind (listener, ai->ai_addr, ai->ai_addrlen) || listen (listener, 9))
    {
      perror ("naive: socket, bind or listen");
      return 1;
    }

  struct sockaddr_storage here;
  socklen_t len = sizeof here;
  char name[80], text[8];
  getsockname (listener, (struct sockaddr *) &here, &len);
  getnameinfo ((struct sockaddr *) &here, len, name, sizeof name, text,
               sizeof text, NI_NUMERICHOST | NI_NUMERICSERV);
  printf (strchr (name, ':') ? "listening on [%s]:%s\n"
                             : "listening on %s:%s\n", name, text);
  fflush (stdout);
  while (1)
    {
      int conn = accept (listener, NULL, NULL);
      if (conn == -1)
        {
          perror ("naive: accept");
          sleep (1);
          continue;
        }
      serve (conn);
      close (conn);
    }
}
