/* client.c of 05-udp in another style: every line has a socket of its own, so
 * a late answer to an earlier one finds nobody.  select() waits. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct addrinfo *server;
static char answer[1 << 16];

static void stop(const char *why) {
  fflush(stdout);
  perror(why);
  exit(1);
}

static double clock_now(void) {
  struct timeval t;
  gettimeofday(&t, NULL);
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* 1 when the answer came, 0 after a second */
static int wait_for(int s, const char *line, size_t len) {
  double end = clock_now() + 1, left;
  while ((left = end - clock_now()) > 0) {
    struct timeval t = {.tv_sec = (time_t)left, .tv_usec = (suseconds_t)((left - (double)(time_t)left) * 1e6)};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(s, &set);
    if (select(s + 1, &set, NULL, NULL, &t) <= 0) continue;
    ssize_t n = read(s, answer, sizeof answer);
    if (n < 0) stop("client: read");
    if ((size_t)n == len && memcmp(line, answer, len) == 0) return 1;
  }
  return 0;
}

static int ask(const char *line, size_t len) {
  int s = socket(server->ai_family, server->ai_socktype, server->ai_protocol), yes = 0;
  if (s < 0 || connect(s, server->ai_addr, server->ai_addrlen)) stop("client: connect");
  for (int i = 0; i < 3 && !yes; i++) {
    if (send(s, line, len, 0) < 0) stop("client: send");
    yes = wait_for(s, line, len);
  }
  close(s);
  return yes;
}

int main(int argc, char **argv) {
  const char *port = argc > 2 ? argv[2] : "65432";
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
  char *line = NULL;
  size_t room = 0;
  ssize_t n;

  if (argc > 3 || !*port || port[strspn(port, "0123456789")] || strlen(port) > 5 || atol(port) > 65535) {
    fprintf(stderr, "client: bad arguments\n");
    return 2;
  }
  if (getaddrinfo(argc > 1 ? argv[1] : "127.0.0.1", port, &hints, &server)) {
    fprintf(stderr, "client: unknown host\n");
    return 1;
  }
  while ((n = getline(&line, &room, stdin)) != -1) {
    if (line[n - 1] == '\n') n--;
    if (!ask(line, (size_t)n)) {
      fprintf(stderr, "client: nobody answers\n");
      return 1;
    }
    fwrite(line, 1, (size_t)n, stdout);
    printf("\n");
  }
  return 0;
}
