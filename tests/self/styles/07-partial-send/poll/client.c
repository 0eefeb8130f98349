/*
 * client.c of 07-partial-send in another style: kernel style; it waits with
 * poll() on a socket that never blocks, asks with htonl(), and compares whole
 * periods at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PERIOD	251

static unsigned char periods[PERIOD * 301];	/* one more than we read at once */

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *res, *p;
	int fd = -1, ret;

	ret = getaddrinfo(host, port, &hints, &res);
	if (ret) {
		fprintf(stderr, "client: getaddrinfo: %s\n", gai_strerror(ret));
		exit(1);
	}
	for (p = res; p; p = p->ai_next) {
		fd = socket(p->ai_family, p->ai_socktype, p->ai_protocol);
		if (fd >= 0 && !connect(fd, p->ai_addr, p->ai_addrlen))
			break;
		ret = errno;
		if (fd >= 0)
			close(fd);
	}
	freeaddrinfo(res);
	if (!p) {
		fprintf(stderr, "client: connect: %s\n", strerror(ret));
		exit(1);
	}
	return fd;
}

/* Returns what recv() does, but 0 or more. */
static size_t take(int fd, unsigned char *buf, size_t room)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		n = recv(fd, buf, room, 0);
		if (n >= 0)
			return (size_t)n;
		if (errno != EAGAIN && errno != EINTR) {
			perror("client: recv");
			exit(1);
		}
		poll(&p, 1, -1);
	}
}

static uint64_t read_number(const char *text, uint64_t most)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n > most) {
		fprintf(stderr, "client: %s: 0 to %llu\n", text,
			(unsigned long long)most);
		exit(2);
	}
	return n;
}

int main(int argc, char **argv)
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1";
	const char *port = argc > 2 ? argv[2] : "65432";
	static unsigned char buf[PERIOD * 300];
	uint64_t count, at = 0;
	uint32_t number[2];
	unsigned long calls = 0;
	size_t i, n;
	int fd;

	if (argc > 4) {
		fprintf(stderr, "client: too many arguments\n");
		return 2;
	}
	read_number(port, 65535);
	count = read_number(argc > 3 ? argv[3] : "16777216", UINT64_MAX);
	for (i = 0; i < sizeof(periods); i++)
		periods[i] = (unsigned char)(i % PERIOD);

	fd = dial(host, port);
	number[0] = htonl((uint32_t)(count >> 32));
	number[1] = htonl((uint32_t)(count & 0xffffffff));
	if (send(fd, number, sizeof(number), MSG_NOSIGNAL) != sizeof(number)) {
		perror("client: send");
		return 1;
	}
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		perror("client: fcntl");
		return 1;
	}
	while (at < count) {
		n = count - at < sizeof(buf) ? (size_t)(count - at) : sizeof(buf);
		n = take(fd, buf, n);
		if (!n) {
			fprintf(stderr, "client: only %llu bytes came\n",
				(unsigned long long)at);
			return 1;
		}
		if (memcmp(buf, periods + at % PERIOD, n)) {
			fprintf(stderr, "client: wrong bytes after byte %llu\n",
				(unsigned long long)at);
			return 1;
		}
		calls++;
		at += n;
	}
	printf("received %llu bytes in %lu call%s of recv()\n",
	       (unsigned long long)at, calls, calls == 1 ? "" : "s");
	return 0;
}
