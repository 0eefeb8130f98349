/*
 * server.c of 09-non-blocking in another style: kernel style, a child per client.  All
 * children watch a pipe that only the parent can write to: it says nothing, but
 * when the parent has ended, however that was, the pipe has ended too.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int lifeline[2];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void leave(int sig)
{
	(void)sig;
	_exit(0);
}

static void reap(int sig)
{
	int saved = errno;

	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

/* Wait for CONN; end when the parent has. */
static void wait_for(int conn, short events)
{
	struct pollfd p[2] = {
		{ .fd = conn, .events = events },
		{ .fd = lifeline[0], .events = POLLIN },
	};

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			_exit(1);
	if (p[1].revents)
		_exit(0);
}

static void serve(int conn)
{
	static char buf[5000];
	ssize_t len, n, off;

	if (fcntl(conn, F_SETFL, O_NONBLOCK) < 0)
		_exit(1);
	for (;;) {
		len = read(conn, buf, sizeof(buf));
		if (len == 0)
			_exit(0);
		if (len < 0) {
			if (errno != EAGAIN && errno != EINTR)
				_exit(1);
			wait_for(conn, POLLIN);
			continue;
		}
		for (off = 0; off < len; off += n) {
			n = write(conn, buf + off, (size_t)(len - off));
			if (n < 0) {
				if (errno != EAGAIN && errno != EINTR)
					_exit(1);
				n = 0;
				wait_for(conn, POLLOUT);
			}
		}
	}
}

static int check_port(const char *s)
{
	long n;
	char *end;

	if (*s < '0' || *s > '9')
		return 0;
	errno = 0;
	n = strtol(s, &end, 10);
	return !errno && !*end && n <= 65535;
}

int main(int argc, char *argv[])
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1";
	const char *port = argc > 2 ? argv[2] : "65432";
	struct addrinfo hints, *res;
	struct sockaddr_storage ss;
	struct sigaction sa;
	socklen_t len = sizeof(ss);
	char h[64], p[8];
	int listener, conn, ret, one = 1;

	if (argc > 3 || !check_port(port)) {
		fprintf(stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
		return 2;
	}

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_PASSIVE;
	ret = getaddrinfo(*host ? host : NULL, port, &hints, &res);
	if (ret) {
		fprintf(stderr, "server: getaddrinfo: %s\n", gai_strerror(ret));
		return 1;
	}
	listener = socket(res->ai_family, res->ai_socktype, res->ai_protocol);
	if (listener < 0)
		die("server: socket");
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		die("server: setsockopt");
	if (bind(listener, res->ai_addr, res->ai_addrlen))
		die("server: bind");
	if (listen(listener, 128))
		die("server: listen");
	freeaddrinfo(res);

	if (pipe(lifeline))
		die("server: pipe");
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = reap;
	sa.sa_flags = SA_RESTART | SA_NOCLDSTOP;
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGCHLD, &sa, NULL))
		die("server: sigaction");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, leave);
	signal(SIGTERM, leave);

	if (getsockname(listener, (struct sockaddr *)&ss, &len))
		die("server: getsockname");
	if (getnameinfo((struct sockaddr *)&ss, len, h, sizeof(h), p, sizeof(p),
			NI_NUMERICHOST | NI_NUMERICSERV))
		die("server: getnameinfo");
	printf(strchr(h, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n",
	       h, p);
	fflush(stdout);

	for (;;) {
		conn = accept(listener, NULL, NULL);
		if (conn < 0) {
			if (errno != EINTR && errno != ECONNABORTED) {
				perror("server: accept");
				poll(NULL, 0, 300);
			}
			continue;
		}
		switch (fork()) {
		case -1:
			perror("server: fork");
			poll(NULL, 0, 300);
			break;
		case 0:
			close(listener);
			close(lifeline[1]);
			serve(conn);
			_exit(0);
		}
		close(conn);
	}
}
