/*
 * client.c of 04-echo in another style: kernel style, two processes.  The child
 * sends what stdin brings, and at its end tells the parent through a pipe how
 * much that was; the parent receives.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t sender;

static void on_signal(int sig)
{
	kill((pid_t)sender, SIGKILL);
	_exit(128 + sig);
}

static _Noreturn void quit(int status)
{
	kill((pid_t)sender, SIGKILL);
	waitpid((pid_t)sender, NULL, 0);
	exit(status);
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static _Noreturn void send_stdin(int conn, int report)
{
	static char buf[8192];
	uint64_t total = 0;
	ssize_t n;

	for (;;) {
		n = read(0, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		total += (uint64_t)n;
		if (write_all(conn, buf, (size_t)n) < 0)
			_exit(1);	/* the parent will see why */
	}
	if (n < 0) {
		perror("client: read");
		_exit(1);
	}
	/* In this order: who sees the server's end of file finds the report. */
	if (write_all(report, (char *)&total, sizeof(total)) < 0)
		_exit(1);
	shutdown(conn, SHUT_WR);
	_exit(0);
}

static void receive(int conn, int report)
{
	struct pollfd p[2] = {
		{ .fd = conn, .events = POLLIN },
		{ .fd = report, .events = POLLIN },
	};
	uint64_t back = 0, total = UINT64_MAX;
	static char buf[8192];
	ssize_t n;

	while (back != total) {
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			perror("client: poll");
			quit(1);
		}
		if (p[1].revents) {
			/* 8 bytes come whole through a pipe, or none */
			if (read(report, &total, sizeof(total)) != sizeof(total))
				total = UINT64_MAX;
			p[1].fd = -1;
			continue;	/* perhaps that was all */
		}
		if (!p[0].revents)
			continue;
		n = read(conn, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			perror("client: read from the server");
			quit(1);
		}
		if (n == 0) {
			if (poll(p + 1, 1, 0) == 1 &&
			    read(report, &total, sizeof(total)) == sizeof(total) &&
			    back == total)
				return;
			fprintf(stderr, "client: the server hung up\n");
			quit(1);
		}
		if (write_all(1, buf, (size_t)n) < 0) {
			perror("client: write");
			quit(1);
		}
		back += (uint64_t)n;
	}
}

int main(int argc, char *argv[])
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1";
	const char *port = argc > 2 ? argv[2] : "65432";
	struct addrinfo hints, *res, *ai;
	int conn = -1, ret, report[2];
	sigset_t all, old;
	pid_t pid;

	if (argc > 3 || !*port || port[strspn(port, "0123456789")] ||
	    strtoul(port, NULL, 10) > 65535) {
		fprintf(stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
		return 2;
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	ret = getaddrinfo(host, port, &hints, &res);
	if (ret) {
		fprintf(stderr, "client: getaddrinfo: %s\n", gai_strerror(ret));
		return 1;
	}
	for (ai = res; ai; ai = ai->ai_next) {
		conn = socket(ai->ai_family, ai->ai_socktype, 0);
		if (conn < 0)
			continue;
		if (connect(conn, ai->ai_addr, ai->ai_addrlen) == 0)
			break;
		ret = errno;
		close(conn);
		errno = ret;
	}
	if (!ai)
		perror("client: connect");
	freeaddrinfo(res);
	if (!ai)
		return 1;

	signal(SIGPIPE, SIG_IGN);
	if (pipe(report)) {
		perror("client: pipe");
		return 1;
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (pid < 0) {
		perror("client: fork");
		return 1;
	}
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		send_stdin(conn, report[1]);
	}
	sender = pid;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(report[1]);
	receive(conn, report[0]);
	quit(0);
}
