/* server.c of 06-unix-domain in another style: at first it closes whatever else
 * is open; the file's mode is 0200, for to connect is to write; whether a file is
 * stale it asks with a datagram socket; one loop around select(), a socket that
 * does not block, and a pipe that tells of signals.  Linux only. */
#define _GNU_SOURCE /* struct ucred, accept4 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int wake[2];

static void on_signal(int signo)
{
  int saved = errno;

  if (write(wake[1], &signo, sizeof signo) < 0) signo = 0;
  errno = saved;
}

static void Die(const char *call)
{
  fprintf(stderr, "server: %s: %s\n", call, strerror(errno));
  exit(1);
}

static struct stat own;

static int IsOwn(const char *path)
{
  struct stat s;

  return stat(path, &s) == 0 && s.st_ino == own.st_ino && s.st_dev == own.st_dev;
}

static int IsStale(const struct sockaddr_un *a)
{
  struct stat file;
  int s, stale;

  if (lstat(a->sun_path, &file) < 0 || !S_ISSOCK(file.st_mode)) return 0;
  if ((s = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) < 0) Die("socket");
  stale = connect(s, (const struct sockaddr *)a, sizeof *a) < 0 && errno == ECONNREFUSED;
  close(s);
  return stale;
}

static int Listen(const char *path)
{
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  mode_t before;

  if (s < 0) Die("socket");
  if (!*path || strlen(path) >= sizeof a.sun_path) {
    fprintf(stderr, "server: a path has 1 to %zu bytes\n", sizeof a.sun_path - 1);
    exit(1);
  }
  strcpy(a.sun_path, path);
  if (IsStale(&a)) unlink(path);
  before = umask(0577);
  if (bind(s, (struct sockaddr *)&a, sizeof a) < 0) Die("bind");
  umask(before);
  if (stat(path, &own) < 0) Die("stat");
  return s;
}

static int Accept(int listener)
{
  int conn = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  struct ucred who;
  socklen_t len = sizeof who;

  if (conn >= 0 && getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
    dprintf(1, "accepted pid %d uid %u gid %u\n", (int)who.pid, (unsigned)who.uid, (unsigned)who.gid);
  return conn;
}

int main(int argc, char **argv)
{
  const char *path = argc > 1 ? argv[1] : "echo.sock";
  static char bytes[60000];
  ssize_t have = 0, done = 0, n;
  int listener, conn = -1;

  if (argc > 2) return fputs("usage: server [PATH]\n", stderr), 2;
  for (int fd = (int)sysconf(_SC_OPEN_MAX); fd > 2; fd--) close(fd);
  if (pipe2(wake, O_NONBLOCK) < 0) Die("pipe");
  listener = Listen(path);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  if (listen(listener, 1) < 0) Die("listen");
  dprintf(1, "listening on %s\n", path);
  for (;;) {
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(wake[0], &in);
    if (conn < 0) FD_SET(listener, &in);
    else if (done < have) FD_SET(conn, &out);
    else FD_SET(conn, &in);
    if (select(FD_SETSIZE, &in, &out, NULL, NULL) < 0) continue;
    if (FD_ISSET(wake[0], &in)) break;
    if (conn < 0) {
      conn = Accept(listener);
      have = done = 0;
      continue;
    }
    if (done < have) n = send(conn, bytes + done, (size_t)(have - done), 0);
    else n = recv(conn, bytes, sizeof bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) {
      close(conn);
      conn = -1;
    } else if (done < have) {
      done += n;
    } else {
      have = n;
      done = 0;
    }
  }
  if (IsOwn(path)) unlink(path);
  return 0;
}
