/*
 * server.c of 06-unix-domain in another style: a child per client, a lock file
 * beside the socket file, an alarm against a server that lets nobody in, and a
 * parent that takes its signals with sigwait() while another child accepts.
 */
#define _GNU_SOURCE 1 /* struct ucred */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name = "echo.sock";
static pid_t acceptor;

static void die(const char *what)
{
	fprintf(stderr, "%s (%s): %s\n", what, name, strerror(errno));
	exit(EXIT_FAILURE);
}

static void too_slow(int sig)
{
	(void)sig;
}

/* 1: somebody lives there, 0: nobody, and the file may go */
static int alive(struct sockaddr_un *sun, socklen_t len)
{
	struct sigaction sa;
	struct stat st;
	int fd, ok, why;

	if (lstat(name, &st) != 0)
		return errno != ENOENT;
	if ((st.st_mode & S_IFMT) != S_IFSOCK)
		return 1;
	fd = socket(PF_LOCAL, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = too_slow; /* without SA_RESTART: connect() gives up */
	sigaction(SIGALRM, &sa, NULL);
	ualarm(200000, 200000);
	ok = connect(fd, (struct sockaddr *)sun, len);
	why = errno;
	ualarm(0, 0);
	close(fd);
	return ok == 0 || why != ECONNREFUSED;
}

static struct stat made;

static void clean_up(void)
{
	struct stat now;

	if (lstat(name, &now) == 0 && now.st_ino == made.st_ino &&
	    now.st_dev == made.st_dev)
		unlink(name);
}

static int wake_up(void)
{
	struct sockaddr_un sun;
	socklen_t len;
	char lock[sizeof(sun.sun_path) + 8];
	int fd, guard;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = PF_LOCAL;
	if (name[0] == 0 || strlen(name) > sizeof(sun.sun_path) - 1) {
		fprintf(stderr, "a path of 1 to %d bytes, please\n",
			(int)sizeof(sun.sun_path) - 1);
		exit(EXIT_FAILURE);
	}
	strcpy(sun.sun_path, name);
	len = offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1;

	umask(0177);
	snprintf(lock, sizeof(lock), "%s.lck", name);
	guard = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (guard >= 0 && flock(guard, LOCK_EX) != 0)
		die("flock");
	fd = socket(PF_LOCAL, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	if (bind(fd, (struct sockaddr *)&sun, len) != 0) {
		if (errno != EADDRINUSE || alive(&sun, len)) {
			errno = errno == ENOENT ? ENOENT : EADDRINUSE;
			die("bind");
		}
		unlink(name);
		if (bind(fd, (struct sockaddr *)&sun, len) != 0)
			die("bind");
	}
	if (listen(fd, 100) != 0 || lstat(name, &made) != 0)
		die("listen");
	close(guard); /* from here on connect() tells that we live */
	return fd;
}

static void echo(int fd)
{
	static char text[7000];
	ssize_t got, put, n;

	while ((got = read(fd, text, sizeof(text))) > 0)
		for (put = 0; put < got; put += n) {
			n = write(fd, text + put, got - put);
			if (n <= 0)
				_exit(0);
		}
	_exit(0);
}

static void accept_all(int fd)
{
	struct ucred who;
	socklen_t len;
	int conn;

	signal(SIGCHLD, SIG_IGN); /* so no child becomes a zombie */
	for (;;) {
		conn = accept(fd, NULL, NULL);
		if (conn < 0) {
			usleep(10000);
			continue;
		}
		len = sizeof(who);
		if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0) {
			printf("accepted pid %d uid %u gid %u\n", (int)who.pid,
			       (unsigned)who.uid, (unsigned)who.gid);
			fflush(stdout);
		}
		if (fork() == 0) {
			close(fd);
			signal(SIGPIPE, SIG_DFL); /* it ends this child alone */
			echo(conn);
		}
		close(conn);
	}
}

int main(int argc, char **argv)
{
	sigset_t both;
	int fd, sig;

	if (argc > 2) {
		fprintf(stderr, "usage: %s [PATH]\n", argv[0]);
		return 2;
	}
	if (argc == 2)
		name = argv[1];
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	sigprocmask(SIG_BLOCK, &both, NULL); /* no gap: they wait */
	fd = wake_up();
	printf("listening on %s\n", name);
	fflush(stdout);
	acceptor = fork();
	if (acceptor < 0)
		die("fork");
	if (acceptor == 0) {
		sigprocmask(SIG_UNBLOCK, &both, NULL);
		accept_all(fd);
	}
	sigwait(&both, &sig);
	clean_up();
	kill(0, SIGTERM); /* the others; here it stays blocked */
	waitpid(acceptor, NULL, 0);
	return 0;
}
