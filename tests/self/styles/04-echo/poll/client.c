/*
 * client.c of 04-echo in another style: kernel style, poll() and a non-blocking
 * connection, read in large pieces and sent in small ones, stdout by stdio.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool again(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *res, *ai;
	int fd, ret = getaddrinfo(host, port, &hints, &res);

	if (ret)
		errx(1, "getaddrinfo: %s", gai_strerror(ret));
	for (ai = res;; ai = ai->ai_next) {
		fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
		if (fd < 0)
			err(1, "socket");
		if (!connect(fd, ai->ai_addr, ai->ai_addrlen))
			break;
		if (!ai->ai_next)
			err(1, "connect");
		close(fd);
	}
	freeaddrinfo(res);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		err(1, "fcntl");
	return fd;
}

int main(int argc, char **argv)
{
	static char out[65536], in[512];
	size_t from = 0, to = 0, sent = 0, back = 0, piece;
	bool open = true;
	struct pollfd p[2];
	unsigned int port = 0, i;
	const char *digits = argc > 2 ? argv[2] : "65432";
	ssize_t n;
	int fd;

	for (i = 0; digits[i] >= '0' && digits[i] <= '9' && port < 65536; i++)
		port = port * 10 + (unsigned int)(digits[i] - '0');
	if (argc > 3 || i == 0 || digits[i] || port > 65535)
		errx(2, "usage: client [HOST [PORT]]");

	fd = dial(argc > 1 ? argv[1] : "127.0.0.1", digits);
	while (open || from < to || back < sent) {
		p[0].fd = fd;
		p[0].events = POLLIN | (from < to ? POLLOUT : 0);
		p[1].fd = open && from == to ? STDIN_FILENO : -1;
		p[1].events = POLLIN;
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			err(1, "poll");
		}

		/* what has come back, all of it */
		while ((n = recv(fd, in, sizeof(in), 0)) > 0) {
			fwrite(in, 1, (size_t)n, stdout);
			back += (size_t)n;
		}
		if (fflush(stdout))
			err(1, "stdout");
		if (n < 0 && !again())
			err(1, "recv");
		if (n == 0 && (open || from < to || back < sent))
			errx(1, "end of file from the server, %zu of %zu bytes back",
			     back, sent);

		if (from < to) {
			piece = to - from < 700 ? to - from : 700;
			n = send(fd, out + from, piece, MSG_NOSIGNAL);
			if (n < 0 && !again())
				err(1, "send");
			if (n > 0) {
				from += (size_t)n;
				sent += (size_t)n;
			}
		}

		if (p[1].fd >= 0 && p[1].revents) {
			n = read(STDIN_FILENO, out, sizeof(out));
			if (n < 0 && !again())
				err(1, "read");
			if (n == 0) {
				open = false;
				shutdown(fd, SHUT_WR);
			}
			if (n > 0) {
				from = 0;
				to = (size_t)n;
			}
		}
	}
	return 0;
}
