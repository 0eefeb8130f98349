/* server.c of 05-udp in another style: recvmmsg() takes what is there, up to
 * four at once; a copy of each of the last 1500 datagrams is kept, so it grows
 * for a while; a timer wakes it 20 times a second.  Linux only. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { AT_ONCE = 4, ROOM = 65536, KEPT = 1500 };

static struct { char *bytes; size_t len; } kept[KEPT];
static unsigned next;

static void tick(int signo) { (void)signo; }

static void keep(const char *bytes, size_t len) {
  free(kept[next].bytes);
  kept[next].bytes = malloc(len + 1);
  kept[next].len = len;
  if (kept[next].bytes != NULL) memcpy(kept[next].bytes, bytes, len);
  next = (next + 1) % KEPT;
}

static const char *name(const void *a, socklen_t len) {
  static char text[NI_MAXHOST + NI_MAXSERV + 4];
  char h[NI_MAXHOST] = "?", p[NI_MAXSERV] = "?";
  getnameinfo(a, len, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV);
  snprintf(text, sizeof text, strchr(h, ':') ? "[%s]:%s" : "%s:%s", h, p);
  return text;
}

static void serve(int s, char *room) {
  struct mmsghdr m[AT_ONCE] = {0};
  struct sockaddr_storage who[AT_ONCE];
  struct iovec piece[AT_ONCE];
  for (int i = 0; i < AT_ONCE; i++) {
    piece[i] = (struct iovec){room + i * ROOM, ROOM};
    m[i].msg_hdr = (struct msghdr){.msg_name = &who[i], .msg_namelen = sizeof who[i], .msg_iov = &piece[i], .msg_iovlen = 1};
  }
  int n = recvmmsg(s, m, AT_ONCE, MSG_WAITFORONE, NULL);
  for (int i = 0; i < n; i++) {
    piece[i].iov_len = m[i].msg_len;
    while (sendmsg(s, &m[i].msg_hdr, 0) < 0 && errno == EINTR) continue;
    dprintf(1, "%u bytes from %s\n", m[i].msg_len, name(&who[i], m[i].msg_hdr.msg_namelen));
    keep(piece[i].iov_base, m[i].msg_len);
  }
}

int main(int argc, char **argv) {
  char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432", *room = malloc(AT_ONCE * ROOM);
  struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_DGRAM}, *ai;
  struct sockaddr_storage self;
  socklen_t len = sizeof self;
  struct sigaction action = {.sa_handler = tick};
  struct itimerval often = {{0, 50000}, {0, 50000}};
  size_t digits = strspn(port, "0123456789");

  if (argc > 3) return fputs("server: HOST and PORT, no more\n", stderr), 2;
  if (digits == 0 || digits > 9 || port[digits] != '\0' || atol(port) > 65535) return fputs("server: what a port\n", stderr), 2;
  int error = getaddrinfo(*host ? host : NULL, port, &hints, &ai);
  if (error || room == NULL) return fprintf(stderr, "server: %s: %s\n", host, gai_strerror(error)), 1;
  int s = socket(ai->ai_family, SOCK_DGRAM, 0);
  if (s < 0) return perror("socket"), 1;
  if (bind(s, ai->ai_addr, ai->ai_addrlen) < 0) return perror("bind"), 1;
  getsockname(s, (struct sockaddr *)&self, &len);
  dprintf(1, "bound to %s\nand keeping the last %d\n", name(&self, len), KEPT);
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (;;) serve(s, room);
}
