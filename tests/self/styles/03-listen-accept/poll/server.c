/*
 * server.c of 03-listen-accept in another style: kernel style, a non-blocking
 * listener with accept4() after poll(), getpeername() for
 * the peer, signals by signalfd(), no stdio.  Linux only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER, SIGNALS, NFDS };

#define ADDR_LEN (INET6_ADDRSTRLEN + 9)

static long parse(const char *s, long lo, long hi)
{
	long long n = 0;
	const char *p;

	for (p = s; *p; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		n = n * 10 + (*p - '0');
		if (n > hi)
			return -1;
	}
	return p == s || n < lo ? -1 : (long)n;
}

static void format(char *out, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *six = (const void *)ss;
	const struct sockaddr_in *four = (const void *)ss;
	char text[INET6_ADDRSTRLEN];

	if (ss->ss_family == AF_INET) {
		inet_ntop(AF_INET, &four->sin_addr, text, sizeof(text));
		snprintf(out, ADDR_LEN, "%s:%d", text, ntohs(four->sin_port));
	} else if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, text, sizeof(text));
		snprintf(out, ADDR_LEN, "%s:%d", text, ntohs(six->sin6_port));
	} else {
		inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof(text));
		snprintf(out, ADDR_LEN, "[%s]:%d", text, ntohs(six->sin6_port));
	}
}

static int make_listener(const char *host, const char *port, int backlog)
{
	struct addrinfo hints, *res, *ai;
	int fd = -1, err, one = 1;
	const char *what = "socket";

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_PASSIVE;
	err = getaddrinfo(host[0] ? host : "0.0.0.0", port, &hints, &res);
	if (err) {
		dprintf(2, "server: getaddrinfo: %s\n", gai_strerror(err));
		return -1;
	}
	for (ai = res; ai; ai = ai->ai_next) {
		what = "socket";
		fd = socket(ai->ai_family,
			    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0) {
			err = errno;
			continue;
		}
		what = "setsockopt";
		if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
			goto next;
		what = "bind";
		if (bind(fd, ai->ai_addr, ai->ai_addrlen))
			goto next;
		what = "listen";
		if (listen(fd, backlog))
			goto next;
		break;
next:
		err = errno;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(res);
	if (fd < 0)
		dprintf(2, "server: %s: %s\n", what, strerror(err));
	return fd;
}

/* Take one of those who wait.  Returns -1 when no descriptor is free. */
static int accept_one(int listener)
{
	struct sockaddr_storage ss;
	socklen_t len;
	char text[ADDR_LEN];
	int fd;

	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EAGAIN)
				return 0;
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			dprintf(2, "server: accept4: %s\n", strerror(errno));
			return -1;
		}
		len = sizeof(ss);
		if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0) {
			format(text, &ss);
			dprintf(1, "accepted %s\n", text);
		} /* else it is gone already */
		close(fd);
		return 0; /* and let poll() see whether a signal is there */
	}
}

int main(int argc, char **argv)
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1";
	const char *port = argc > 2 ? argv[2] : "65432";
	long backlog = SOMAXCONN;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct pollfd pfd[NFDS];
	char text[ADDR_LEN];
	sigset_t mask;
	int timeout = -1;

	if (argc > 3)
		backlog = parse(argv[3], 1, 2147483647);
	if (argc > 4 || parse(port, 0, 65535) < 0 || backlog < 0) {
		dprintf(2, "usage: server [HOST [PORT [BACKLOG]]]\n");
		return 2;
	}

	pfd[LISTENER].fd = make_listener(host, port, (int)backlog);
	if (pfd[LISTENER].fd < 0)
		return 1;
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	pfd[SIGNALS].fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (pfd[SIGNALS].fd < 0) {
		dprintf(2, "server: signalfd: %s\n", strerror(errno));
		return 1;
	}
	pfd[LISTENER].events = pfd[SIGNALS].events = POLLIN;

	if (getsockname(pfd[LISTENER].fd, (struct sockaddr *)&ss, &len)) {
		dprintf(2, "server: getsockname: %s\n", strerror(errno));
		return 1;
	}
	format(text, &ss);
	dprintf(1, "listening on %s\n", text);

	for (;;) {
		if (poll(pfd, NFDS, timeout) < 0) {
			if (errno == EINTR)
				continue;
			dprintf(2, "server: poll: %s\n", strerror(errno));
			return 1;
		}
		if (pfd[SIGNALS].revents)
			return 0;
		/* out of descriptors: do not ask again for half a second */
		timeout = -1;
		pfd[LISTENER].events = POLLIN;
		if (pfd[LISTENER].revents && accept_one(pfd[LISTENER].fd) < 0) {
			timeout = 500;
			pfd[LISTENER].events = 0;
		}
	}
}
