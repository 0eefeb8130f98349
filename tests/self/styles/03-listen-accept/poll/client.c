/*
 * client.c of 03-listen-accept in another style: kernel style, non-blocking
 * connect() with poll() and SO_ERROR.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef int (*name_fn)(int, struct sockaddr *, socklen_t *);

static int try_connect(const struct addrinfo *ai)
{
	int fd, err;
	socklen_t len = sizeof(err);
	struct pollfd pfd;

	fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		goto fail;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return fd;
	if (errno != EINPROGRESS)
		goto fail;

	pfd.fd = fd;
	pfd.events = POLLOUT;
	while (poll(&pfd, 1, -1) < 0)
		if (errno != EINTR)
			goto fail;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		goto fail;
	if (err == 0)
		return fd;
	errno = err;
fail:
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

static void end(char *out, size_t size, int fd, name_fn name)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char host[64], port[8];

	if (name(fd, (struct sockaddr *)&ss, &len) < 0) {
		perror("client: getsockname or getpeername");
		exit(1);
	}
	if (getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV)) {
		fprintf(stderr, "client: getnameinfo failed\n");
		exit(1);
	}
	snprintf(out, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

int main(int argc, char **argv)
{
	struct addrinfo hints, *res, *ai;
	char there[100], here[100], *rest;
	const char *host = "127.0.0.1", *port = "65432";
	int fd = -1, err;

	switch (argc) {
	case 3:
		port = argv[2];
		if (strspn(port, "0123456789") != strlen(port) ||
		    strtoul(port, &rest, 10) > 65535 || rest == port) {
			fprintf(stderr, "client: %s is no port\n", port);
			return 2;
		}
		/* fall through */
	case 2:
		host = argv[1];
		/* fall through */
	case 1:
	case 0:
		break;
	default:
		fprintf(stderr, "usage: client [HOST [PORT]]\n");
		return 2;
	}

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	err = getaddrinfo(host, port, &hints, &res);
	if (err) {
		fprintf(stderr, "client: %s: %s\n", host, gai_strerror(err));
		return 1;
	}
	for (ai = res; ai && fd < 0; ai = ai->ai_next)
		fd = try_connect(ai);
	if (fd < 0)
		perror("client: connect");
	freeaddrinfo(res);
	if (fd < 0)
		return 1;

	end(there, sizeof(there), fd, getpeername);
	end(here, sizeof(here), fd, getsockname);
	printf("connected to %s from %s\n", there, here);
	return 0;
}
