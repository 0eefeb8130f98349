/*
 * names.c of 02-bind in another style: kernel style, the port is a number that
 * is put in by hand, the list is turned into an array before it is printed.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct entry {
	int family;
	unsigned char bytes[16];
	uint32_t flow, scope;
};

int main(int argc, char *argv[])
{
	struct addrinfo hints, *res, *p;
	struct entry *all;
	size_t n = 0, i;
	long port = 65432;
	char *end, text[INET6_ADDRSTRLEN];
	int ret;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: names HOST [PORT]\n");
		return 2;
	}
	if (argc == 3) {
		errno = 0;
		port = strtol(argv[2], &end, 10);
		if (!isdigit((unsigned char)argv[2][0]) || *end || errno ||
		    port > 65535) {
			fprintf(stderr, "names: %s is no port\n", argv[2]);
			return 2;
		}
	}

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_protocol = IPPROTO_TCP;
	ret = getaddrinfo(argv[1], NULL, &hints, &res);
	if (ret) {
		fprintf(stderr, "names: %s: %s\n", argv[1],
			ret == EAI_SYSTEM ? strerror(errno) : gai_strerror(ret));
		return 1;
	}

	for (p = res; p; p = p->ai_next)
		n++;
	all = calloc(n, sizeof(*all));
	if (!all) {
		perror("names: calloc");
		return 1;
	}
	for (p = res, i = 0; p; p = p->ai_next, i++) {
		all[i].family = p->ai_family;
		if (p->ai_family == AF_INET) {
			struct sockaddr_in in;

			memcpy(&in, p->ai_addr, sizeof(in));
			memcpy(all[i].bytes, &in.sin_addr, 4);
		} else if (p->ai_family == AF_INET6) {
			struct sockaddr_in6 in6;

			memcpy(&in6, p->ai_addr, sizeof(in6));
			memcpy(all[i].bytes, &in6.sin6_addr, 16);
			all[i].flow = ntohl(in6.sin6_flowinfo);
			all[i].scope = in6.sin6_scope_id;
		}
	}
	freeaddrinfo(res);

	for (i = 0; i < n; i++) {
		if (!inet_ntop(all[i].family, all[i].bytes, text, sizeof(text)))
			continue;
		if (all[i].family == AF_INET)
			printf("%s:%ld\n", text, port);
		else
			printf("[%s]:%ld flowinfo %" PRIu32 " scope %" PRIu32 "\n",
			       text, port, all[i].flow, all[i].scope);
	}
	free(all);
	return 0;
}
