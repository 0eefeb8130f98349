/* client.c of 06-unix-domain in another style: one thread for each direction.
   The one that ends the conversation ends the program. */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fd;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long long sent, back;
static int all_sent;

static void Fail(const char *what)
{
  fprintf(stderr, "client: %s\n", what);
  _exit(1);
}

static void LeaveIfDone(void)
{
  pthread_mutex_lock(&lock);
  if (all_sent && back == sent) _exit(0);
  pthread_mutex_unlock(&lock);
}

static void *Send(void *unused)
{
  char bytes[30000];
  ssize_t n, m;
  (void)unused;
  while ((n = read(0, bytes, sizeof bytes)) > 0) {
    pthread_mutex_lock(&lock);
    sent += (unsigned long long)n;
    pthread_mutex_unlock(&lock);
    for (ssize_t done = 0; done < n; done += m)
      if ((m = send(fd, bytes + done, (size_t)(n - done), 0)) < 0) Fail(strerror(errno));
  }
  if (n < 0) Fail(strerror(errno));
  pthread_mutex_lock(&lock);
  all_sent = 1;
  pthread_mutex_unlock(&lock);
  shutdown(fd, SHUT_WR);
  LeaveIfDone();
  return NULL;
}

int main(int argc, char *argv[])
{
  char bytes[30000];
  const char *path = argc > 1 ? argv[1] : "echo.sock";
  struct sockaddr_un a;
  pthread_t t;
  ssize_t n;

  if (argc > 2) { fprintf(stderr, "usage: client [PATH]\n"); return 2; }
  memset(&a, 0, sizeof a);
  a.sun_family = AF_UNIX;
  if (!*path || strlen(path) >= sizeof a.sun_path) Fail("no path for a socket");
  strcpy(a.sun_path, path);
  signal(SIGPIPE, SIG_IGN);
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) Fail("socket");
  if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) { perror("connect"); return 1; }
  if (pthread_create(&t, NULL, Send, NULL) != 0) Fail("pthread_create");

  while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
    ssize_t m;
    for (ssize_t done = 0; done < n; done += m)
      if ((m = write(1, bytes + done, (size_t)(n - done))) < 0) Fail("write");
    pthread_mutex_lock(&lock);
    back += (unsigned long long)n;
    pthread_mutex_unlock(&lock);
    LeaveIfDone();
  }
  LeaveIfDone();
  Fail(n < 0 ? strerror(errno) : "the server has closed the connection too early");
}
