/* server.c of 09-non-blocking, and of 04-echo, in another style: GNU's; one
   thread, epoll, a signalfd, and for each client a record on the heap.  Linux only.  */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct client
{
  int fd;
  uint32_t events; /* what epoll watches for */
  size_t start, end;
  char bytes[60000];
};

static int poller, listener, signals;

#define MUST(call)                                                            \
  __extension__ ({                                                            \
    int result_ = (call);                                                     \
    if (result_ < 0)                                                          \
      must_failed (#call);                                                    \
    result_;                                                                  \
  })

static _Noreturn void
must_failed (const char *call)
{
  int error = errno;
  fprintf (stderr, "server: %.*s: %s\n", (int) strcspn (call, " ("), call,
           strerror (error));
  exit (EXIT_FAILURE);
}

static void
watch (int fd, void *who, uint32_t events, int op)
{
  struct epoll_event e = { .events = events, .data.ptr = who };
  MUST (epoll_ctl (poller, op, fd, &e));
}

/* Advance the conversation with C as far as that is possible without waiting,
   but not for long: others wait too.  Returns false at its end.  */
static bool
advance (struct client *c)
{
  for (int turn = 0; turn < 20; turn++)
    {
      ssize_t n;
      if (c->start == c->end)
        {
          n = recv (c->fd, c->bytes, sizeof c->bytes, 0);
          if (n > 0)
            {
              c->start = 0;
              c->end = (size_t) n;
            }
        }
      else
        {
          n = send (c->fd, c->bytes + c->start, c->end - c->start,
                    MSG_NOSIGNAL);
          if (n > 0)
            c->start += (size_t) n;
        }
      if (n == 0)
        return false;
      if (n < 0 && errno == EAGAIN)
        break;
      if (n < 0 && errno != EINTR)
        return false;
    }
  uint32_t wanted = c->start == c->end ? EPOLLIN : EPOLLOUT;
  if (wanted != c->events)
    watch (c->fd, c, c->events = wanted, EPOLL_CTL_MOD);
  return true;
}

static bool
welcome (void)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0)
    return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
  struct client *c = malloc (sizeof *c);
  if (c == NULL)
    {
      close (fd);
      return true;
    }
  c->fd = fd;
  c->start = c->end = 0;
  watch (fd, c, c->events = EPOLLIN, EPOLL_CTL_ADD);
  return true;
}

static void
open_listener (const char *host, const char *port)
{
  struct addrinfo *ai, hints = { .ai_socktype = SOCK_STREAM,
                                 .ai_flags = AI_PASSIVE };
  int error = getaddrinfo (*host ? host : NULL, port, &hints, &ai);
  if (error != 0)
    {
      fprintf (stderr, "server: getaddrinfo: %s\n", gai_strerror (error));
      exit (EXIT_FAILURE);
    }
  listener = MUST (socket (ai->ai_family,
                           SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  MUST (setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 },
                    sizeof (int)));
  MUST (bind (listener, ai->ai_addr, ai->ai_addrlen));
  MUST (listen (listener, 5));
  freeaddrinfo (ai);
}

int
main (int argc, char *argv[static argc + 1])
{
  const char *host = argc > 1 ? argv[1] : "127.0.0.1";
  const char *port = argc > 2 ? argv[2] : "65432";
  if (argc > 3 || !*port || port[strspn (port, "0123456789")]
      || strtoul (port, NULL, 10) > 65535)
    {
      fputs ("usage: server [HOST [PORT]]\n", stderr);
      return 2;
    }

  open_listener (host, port);
  sigset_t ends;
  sigemptyset (&ends);
  sigaddset (&ends, SIGINT);
  sigaddset (&ends, SIGTERM);
  MUST (sigprocmask (SIG_BLOCK, &ends, NULL));
  signals = MUST (signalfd (-1, &ends, SFD_CLOEXEC));
  poller = MUST (epoll_create1 (EPOLL_CLOEXEC));
  watch (listener, &listener, EPOLLIN, EPOLL_CTL_ADD);
  watch (signals, &signals, EPOLLIN, EPOLL_CTL_ADD);

  struct sockaddr_storage here;
  socklen_t len = sizeof here;
  char h[80], p[8];
  MUST (getsockname (listener, (struct sockaddr *) &here, &len));
  if (getnameinfo ((struct sockaddr *) &here, len, h, sizeof h, p, sizeof p,
                   NI_NUMERICHOST | NI_NUMERICSERV)
      != 0)
    abort ();
  printf (strchr (h, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n",
          h, p);
  fflush (stdout);

  for (bool resting = false;;)
    {
      struct epoll_event events[16];
      int n = epoll_wait (poller, events, 16, resting ? 200 : -1);
      if (n < 0 && errno != EINTR)
        must_failed ("epoll_wait");
      if (resting)
        watch (listener, &listener, EPOLLIN, EPOLL_CTL_MOD);
      resting = false;
      for (int i = 0; i < n; i++)
        {
          void *who = events[i].data.ptr;
          if (who == &signals)
            exit (EXIT_SUCCESS);
          if (who == &listener)
            {
              resting = !welcome ();
              if (resting) /* no descriptor is free: look away for a while */
                watch (listener, &listener, 0, EPOLL_CTL_MOD);
            }
          else if (!advance (who))
            {
              close (((struct client *) who)->fd);
              free (who);
            }
        }
    }
}
