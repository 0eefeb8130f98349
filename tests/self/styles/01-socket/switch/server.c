/*
 * server.c of 01-socket in another style: one long main, tabs, else-if chains,
 * switches, perror.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	int domain = AF_INET, kind = SOCK_STREAM, protocol = 0, fd;
	static const char *family = "?", *type = "?", *proto = "0";
	struct sockaddr_storage name;
	socklen_t size;

	switch (argc) {
	case 3:
		if (!strcmp(argv[2], "stream")) {
			kind = SOCK_STREAM;
		} else if (!strcmp(argv[2], "dgram")) {
			kind = SOCK_DGRAM;
		} else if (!strcmp(argv[2], "seqpacket")) {
			kind = SOCK_SEQPACKET;
		} else {
			fprintf(stderr, "%s: unknown type\n", argv[2]);
			exit(2);
		}
		/* fall through */
	case 2:
		if (!strcmp(argv[1], "inet")) {
			domain = AF_INET;
		} else if (!strcmp(argv[1], "inet6")) {
			domain = AF_INET6;
		} else if (!strcmp(argv[1], "unix")) {
			domain = AF_UNIX;
		} else {
			fprintf(stderr, "%s: unknown family\n", argv[1]);
			exit(2);
		}
		/* fall through */
	case 1:
		break;
	default:
		fprintf(stderr, "Usage: %s [FAMILY [TYPE]]\n", argc ? argv[0] : "server");
		exit(2);
	}

	fd = socket(domain, kind, 0);
	if (fd < 0) {
		perror("server: socket");
		exit(EXIT_FAILURE);
	}

	memset(&name, 0, sizeof(name));
	size = sizeof(name);
	if (getsockname(fd, (struct sockaddr *)&name, &size) < 0) {
		perror("server: getsockname");
		exit(EXIT_FAILURE);
	}
	switch (name.ss_family) {
	case AF_INET:
		family = "AF_INET";
		break;
	case AF_INET6:
		family = "AF_INET6";
		break;
	case AF_UNIX:
		family = "AF_UNIX";
		break;
	}

	size = sizeof(kind);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) < 0) {
		perror("server: getsockopt");
		exit(EXIT_FAILURE);
	}
	switch (kind) {
	case SOCK_STREAM:
		type = "SOCK_STREAM";
		break;
	case SOCK_DGRAM:
		type = "SOCK_DGRAM";
		break;
	case SOCK_SEQPACKET:
		type = "SOCK_SEQPACKET";
		break;
	}

#ifdef SO_PROTOCOL
	size = sizeof(protocol);
	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0) {
		perror("server: getsockopt");
		exit(EXIT_FAILURE);
	}
#endif
	switch (protocol) {
	case IPPROTO_TCP:
		proto = "IPPROTO_TCP";
		break;
	case IPPROTO_UDP:
		proto = "IPPROTO_UDP";
		break;
	}
	printf("socket %d: %s, %s, %s\n", fd, family, type, proto);
	return 0;
}
