// server.c of 08-many-clients in another style: epoll, a linked list of clients on
// the heap, a goto for each failure, and a handler that ends with _exit().  Linux only.
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Client {
  int fd;
  struct Client *prev, *next;
  char buf[4096];
} Client;

typedef struct {
  int epfd, listener;
  size_t count;
  Client *first;
} Server;

static void OnSignal(int signo) { _exit(128 + signo); }

static bool SendAll(int fd, const char *p, size_t len) {
  while (len > 0) {
    ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    p += n;
    len -= (size_t)n;
  }
  return true;
}

static void Drop(Server *s, Client *c) {
  if (c->prev) c->prev->next = c->next; else s->first = c->next;
  if (c->next) c->next->prev = c->prev;
  close(c->fd);  // which takes it out of epoll's list as well
  free(c);
  s->count--;
}

static void Greet(Server *s) {
  int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EINTR || errno == ECONNABORTED) return;
    perror("server: accept4");
    sleep(1);
    return;
  }
  Client *c = calloc(1, sizeof *c);
  if (!c) goto no_client;
  c->fd = fd;
  struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
  if (epoll_ctl(s->epfd, EPOLL_CTL_ADD, fd, &ev) < 0) goto not_watched;
  c->next = s->first;
  if (c->next) c->next->prev = c;
  s->first = c;
  s->count++;
  return;

not_watched:
  free(c);
no_client:
  perror("server: new client");
  close(fd);
}

static void Run(Server *s) {
  struct epoll_event ev[32];
  for (;;) {
    int n = epoll_wait(s->epfd, ev, 32, -1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      perror("server: epoll_wait");
      exit(1);
    }
    for (int i = 0; i < n; i++) {
      Client *c = ev[i].data.ptr;
      if (!c) {
        Greet(s);
        continue;
      }
      ssize_t got = recv(c->fd, c->buf, sizeof c->buf, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0 || !SendAll(c->fd, c->buf, (size_t)got)) Drop(s, c);
    }
  }
}

static int Listen(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *ai;
  int on = 1, rc = getaddrinfo(host[0] ? host : NULL, port, &hints, &ai);
  if (rc) {
    fprintf(stderr, "server: getaddrinfo: %s\n", gai_strerror(rc));
    exit(1);
  }
  const char *call = "socket";
  int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);
  if (fd < 0) goto failed;
  call = "setsockopt";
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) goto failed;
  call = "bind";
  if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0) goto failed;
  call = "listen";
  if (listen(fd, 4096) < 0) goto failed;
  freeaddrinfo(ai);
  return fd;

failed:
  fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
  exit(1);
}

int main(int argc, char **argv) {
  const char *port = argc > 2 ? argv[2] : "65432";
  if (argc > 3 || !*port || port[strspn(port, "0123456789")] || strtoul(port, NULL, 10) > 65535) {
    fprintf(stderr, "usage: server [HOST [PORT]]\n");
    return 2;
  }
  Server s = {.listener = Listen(argc > 1 ? argv[1] : "127.0.0.1", port), .epfd = epoll_create1(EPOLL_CLOEXEC)};
  struct epoll_event ev = {.events = EPOLLIN};
  if (s.epfd < 0 || epoll_ctl(s.epfd, EPOLL_CTL_ADD, s.listener, &ev) < 0) {
    perror("server: epoll");
    return 1;
  }
  struct sigaction act = {.sa_handler = OnSignal};
  sigaction(SIGINT, &act, NULL);
  sigaction(SIGTERM, &act, NULL);

  struct sockaddr_storage ss;
  socklen_t len = sizeof ss;
  char host[64], serv[8];
  if (getsockname(s.listener, (struct sockaddr *)&ss, &len) < 0 ||
      getnameinfo((struct sockaddr *)&ss, len, host, sizeof host, serv, sizeof serv, NI_NUMERICHOST | NI_NUMERICSERV)) {
    fprintf(stderr, "server: cannot tell where it listens\n");
    return 1;
  }
  printf(ss.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host, serv);
  fflush(stdout);
  Run(&s);
}
