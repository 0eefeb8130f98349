/* client.c of 09-non-blocking in another style: GNU's; epoll, both messages at
   once, and what comes back is counted for all together.  Linux only.  */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char said[] = "first\nsecond\n";

static _Noreturn void
die (const char *call)
{
  fprintf (stderr, "client: %s: %s\n", call, strerror (errno));
  exit (1);
}

static void
watch (int poller, int op, int fd, unsigned char back, uint32_t events)
{
  struct epoll_event e = { .events = events,
                           .data.u64 = (uint64_t) back << 32 | (unsigned) fd };
  if (epoll_ctl (poller, op, fd, &e) == -1)
    die ("epoll_ctl");
}

static int
is_number (const char *text)
{
  return *text && text[strspn (text, "0123456789")] == '\0'
         && strlen (text) < 10;
}

int
main (int argc, char **argv)
{
  const char *host = argc > 1 ? argv[1] : "127.0.0.1";
  const char *port = argc > 2 ? argv[2] : "65432";
  const char *many = argc > 3 ? argv[3] : "2";

  if (argc > 4 || !is_number (port) || atoi (port) > 65535
      || !is_number (many) || atoi (many) < 1)
    {
      fprintf (stderr, "usage: %s [HOST [PORT [COUNT]]]\n", argv[0]);
      return 2;
    }
  struct rlimit files;
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);

  struct addrinfo *ai, hints = { .ai_socktype = SOCK_STREAM };
  int error = getaddrinfo (host, port, &hints, &ai);
  if (error != 0)
    {
      fprintf (stderr, "%s: %s: %s\n", argv[0], host, gai_strerror (error));
      return 1;
    }
  int poller = epoll_create1 (EPOLL_CLOEXEC), left = atoi (many);
  if (poller == -1)
    die ("epoll_create1");
  for (int i = 0; i < left; i++)
    {
      int conn = socket (ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (conn == -1)
        die ("socket");
      if (connect (conn, ai->ai_addr, ai->ai_addrlen) == -1
          && errno != EINPROGRESS)
        die ("connect");
      watch (poller, EPOLL_CTL_ADD, conn, 0, EPOLLOUT);
    }
  freeaddrinfo (ai);

  while (left > 0)
    {
      struct epoll_event events[64];
      int n = epoll_wait (poller, events, 64, -1);
      if (n == -1 && errno != EINTR)
        die ("epoll_wait");
      for (int i = 0; i < n; i++)
        {
          int conn = (int) (uint32_t) events[i].data.u64;
          size_t back = events[i].data.u64 >> 32;
          char buffer[sizeof said];
          socklen_t len = sizeof errno;
          if (events[i].events & EPOLLOUT)
            {
              getsockopt (conn, SOL_SOCKET, SO_ERROR, &errno, &len);
              if (errno != 0)
                die ("connect");
              if (send (conn, said, sizeof said, MSG_NOSIGNAL)
                  != (ssize_t) sizeof said)
                die ("send");
              watch (poller, EPOLL_CTL_MOD, conn, 0, EPOLLIN);
              continue;
            }
          ssize_t got = recv (conn, buffer, sizeof buffer, 0);
          if (got == -1)
            die ("recv");
          back += (size_t) got;
          if (got == 0 || back > sizeof said
              || memcmp (said + back - got, buffer, (size_t) got) != 0)
            {
              fputs ("client: that is no echo\n", stderr);
              return 1;
            }
          if (back < sizeof said)
            watch (poller, EPOLL_CTL_MOD, conn, (unsigned char) back, EPOLLIN);
          else
            {
              close (conn);
              left--;
            }
        }
    }
  printf ("%s connections, %lu bytes echoed\n", many,
          sizeof said * strtoul (many, NULL, 10));
}
