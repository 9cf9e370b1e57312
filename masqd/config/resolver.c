#include "resolver.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MOST = 1000 };

/* Where stub resolvers keep the servers that they ask themselves: tried in
 * this order, the first that names one is taken. */
static const char *behind_stub[] = {
	"/run/systemd/resolve/resolv.conf",
	"/run/NetworkManager/no-stub-resolv.conf",
	"/run/NetworkManager/resolv.conf",
	"/run/dnsmasq/resolv.conf",
	"/run/resolvconf/resolv.conf",
};

static bool
is_known(const in_addr_t *servers, size_t count, in_addr_t address)
{
	for (size_t i = 0; i < count; i++)
		if (servers[i] == address)
			return true;
	return false;
}

/* The address of a `nameserver` line; IPv6 servers do not help a caller. */
static bool
parse(const char *line, in_addr_t *address)
{
	char word[16], text[64];

	return sscanf(line, " %15s %63s", word, text) == 2 &&
	    strcmp(word, "nameserver") == 0 &&
	    inet_pton(AF_INET, text, address) == 1;
}

bool
resolver_is_here(in_addr_t address)
{
	struct ifaddrs *all;
	bool found = ntohl(address) >> 24 == IN_LOOPBACKNET;

	if (found || getifaddrs(&all) == -1)
		return found;
	for (struct ifaddrs *one = all; one != NULL && !found;
	     one = one->ifa_next) {
		struct sockaddr_in at;

		if (one->ifa_addr == NULL ||
		    one->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&at, one->ifa_addr, sizeof at);
		found = at.sin_addr.s_addr == address;
	}
	freeifaddrs(all);
	return found;
}

/* Sets *stub when the file names a server on this host. */
static size_t
read_servers(const char *path, in_addr_t *servers, size_t max, bool *stub)
{
	FILE *file = fopen(path, "re");
	char line[256];
	size_t count = 0;

	if (file == NULL)
		return 0;
	for (int i = 0; i < LINES_MOST && count < max; i++) {
		in_addr_t address;

		if (fgets(line, sizeof line, file) == NULL)
			break;
		if (!parse(line, &address) || address == INADDR_ANY)
			continue;
		if (resolver_is_here(address))
			*stub = true;
		else if (!is_known(servers, count, address))
			servers[count++] = address;
	}
	(void)fclose(file);
	return count;
}

size_t
resolver_find(const char *path, in_addr_t *servers, size_t max)
{
	bool stub = false, ignored;
	size_t count = read_servers(path == NULL ? "/etc/resolv.conf" : path,
	    servers, max, &stub);

	if (!stub)
		return count;
	for (size_t i = 0; count == 0 &&
	     i < sizeof behind_stub / sizeof behind_stub[0]; i++)
		count = read_servers(behind_stub[i], servers, max, &ignored);
	return count;
}
