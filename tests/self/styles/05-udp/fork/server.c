/* server.c of 05-udp in another style: a child for every datagram, which the
 * kernel itself waits for. */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAIL(call) return perror("server: " call), 1

static char bytes[65507];

static void say(const char *format, long n, struct sockaddr_storage *a, socklen_t l) {
  char h[NI_MAXHOST], p[NI_MAXSERV], who[NI_MAXHOST + NI_MAXSERV + 4];
  getnameinfo((struct sockaddr *)a, l, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV);
  snprintf(who, sizeof who, a->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", h, p);
  if (n < 0) printf(format, who);
  else printf(format, n, who);
  fflush(stdout);
}

int main(int argc, char **argv) {
  char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432", *end;
  struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_DGRAM}, *ai;
  struct sockaddr_storage a;
  socklen_t l = sizeof a;
  long number = strtol(port, &end, 10);
  int s;

  if (argc > 3 || !*port || *end || *port == '-' || *port == '+' || *port == ' ' || number > 65535)
    return fprintf(stderr, "usage: server [HOST [PORT]]\n"), 2;
  if (getaddrinfo(host[0] ? host : NULL, port, &hints, &ai)) return fprintf(stderr, "server: getaddrinfo\n"), 1;
  if ((s = socket(ai->ai_family, SOCK_DGRAM, 0)) < 0) FAIL("socket");
  if (bind(s, ai->ai_addr, ai->ai_addrlen)) FAIL("bind");
  if (getsockname(s, (struct sockaddr *)&a, &l)) FAIL("getsockname");
  signal(SIGCHLD, SIG_IGN);
  say("bound to %s\n", -1, &a, l);

  for (;;) {
    l = sizeof a;
    ssize_t n = recvfrom(s, bytes, sizeof bytes, 0, (struct sockaddr *)&a, &l);
    pid_t child = n < 0 ? -1 : fork();
    if (child > 0 || n < 0) continue;
    if (sendto(s, bytes, (size_t)n, 0, (struct sockaddr *)&a, l) < 0) perror("server: sendto");
    say("%ld bytes from %s\n", n, &a, l);
    if (child == 0) _exit(0);
  }
}
