/* server.c of 06-unix-domain in another style: C with threads, one for each
   client; the socket is made ready in a private directory, and then linked to
   its path, where link() fails if there is something already.  Linux only. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CHECK(call, what) if ((call) < 0) { perror(what); exit(1); }

static struct sockaddr_un Address(const char *path)
{
  struct sockaddr_un a;
  memset(&a, 0, sizeof a);
  a.sun_family = AF_UNIX;
  if (strlen(path) == 0 || strlen(path) + 1 > sizeof a.sun_path) {
    fprintf(stderr, "server: not a path for a socket: \"%s\"\n", path);
    exit(1);
  }
  strcpy(a.sun_path, path);
  return a;
}

static int IsDead(const char *path)
{
  struct sockaddr_un a = Address(path);
  struct stat s;
  if (lstat(path, &s) < 0 || !S_ISSOCK(s.st_mode)) return 0;
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  CHECK(probe, "socket");
  int dead = connect(probe, (void *)&a, sizeof a) < 0 && errno == ECONNREFUSED;
  close(probe);
  return dead;
}

static struct stat made;

static int Listen(const char *path)
{
  struct sockaddr_un a, checked = Address(path);
  char copy[PATH_MAX], room[PATH_MAX], at[PATH_MAX + 2];
  (void)checked;
  strcpy(copy, path);
  snprintf(room, sizeof room, "%s/.sXXXXXX", dirname(copy));
  if (mkdtemp(room) == NULL) { perror("bind: mkdtemp"); exit(1); }
  snprintf(at, sizeof at, "%s/s", room);

  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd, "socket");
  a = Address(at);
  CHECK(bind(fd, (void *)&a, sizeof a), "bind");
  CHECK(chmod(at, 0700), "chmod");
  CHECK(listen(fd, 4096), "listen");
  int linked = link(at, path);
  if (linked < 0 && errno == EEXIST && IsDead(path)) {
    unlink(path);
    linked = link(at, path);
  }
  int why = errno;
  if (stat(at, &made) < 0) made.st_ino = 0; /* a link has the inode of its file */
  unlink(at);
  rmdir(room);
  if (linked < 0) {
    fprintf(stderr, "bind: %s: %s\n", path, strerror(why));
    exit(1);
  }
  return fd;
}

static void *Serve(void *arg)
{
  int fd = (int)(intptr_t)arg;
  char *bytes = malloc(20000);
  ssize_t n;
  while (bytes && (n = recv(fd, bytes, 20000, 0)) > 0) {
    ssize_t done = 0, m;
    while (done < n && (m = send(fd, bytes + done, n - done, MSG_NOSIGNAL)) > 0)
      done += m;
    if (done < n) break;
  }
  free(bytes);
  close(fd);
  return NULL;
}

static void *Accept(void *arg)
{
  int listener = (int)(intptr_t)arg;
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&detached, 131072);
  for (;;) {
    struct ucred c;
    socklen_t len = sizeof c;
    pthread_t t;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) { usleep(20000); continue; }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) == 0) {
      printf("accepted pid %ld uid %ld gid %ld\n", (long)c.pid, (long)c.uid, (long)c.gid);
      fflush(stdout);
    }
    if (pthread_create(&t, &detached, Serve, (void *)(intptr_t)fd) != 0) close(fd);
  }
  return NULL;
}

int main(int argc, char *argv[])
{
  if (argc > 2) { fprintf(stderr, "usage: server [PATH]\n"); return 2; }
  const char *path = argc == 2 ? argv[1] : "echo.sock";

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);

  int listener = Listen(path);
  printf("listening on %s\n", path);
  fflush(stdout);
  pthread_t t;
  if (pthread_create(&t, NULL, Accept, (void *)(intptr_t)listener) != 0) { perror("pthread_create"); return 1; }

  int which;
  sigwait(&ends, &which);
  struct stat now;
  if (lstat(path, &now) == 0 && now.st_dev == made.st_dev && now.st_ino == made.st_ino)
    unlink(path);
  _exit(0);
}
