#include "dhcp_news.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dhcp_clients.h"

#define PREFIX_MIN   8  /* a shorter one would cover much of the internet */
#define PREFIX_USUAL 24 /* of a LAN whose server does not say */

static bool address_of(const char *directory, struct sockaddr_un *ret_address)
{
	const int cap = (int)sizeof(ret_address->sun_path);
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	int len = snprintf(ret_address->sun_path, (size_t)cap, "%s/" DHCP_NEWS, directory);
	errno = ENAMETOOLONG;
	return len > 0 && len < cap;
}

int dhcp_news_open(const char *directory)
{
	struct sockaddr_un address;
	if (!address_of(directory, &address))
		return -1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 ||
		bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool parse(const char *line, struct dhcp_news *ret_news)
{
	struct dhcp_news news = {.kind = DHCP_NEWS_ALIVE};
	char ip[INET_ADDRSTRLEN];
	struct in_addr address;
	if (sscanf(line, "address %15s %2u", ip, &news.prefix) == 2) {
		if (inet_pton(AF_INET, ip, &address) != 1 || news.prefix < PREFIX_MIN ||
			news.prefix > 32)
			return false;
		news.kind = DHCP_NEWS_ADDRESS;
		news.ipv4 = ntohl(address.s_addr);
	} else if (sscanf(line, "ended %9u %4d", &news.run, &news.status) == 2) {
		news.kind = DHCP_NEWS_ENDED;
	} else if (strcmp(line, "lost") == 0) {
		news.kind = DHCP_NEWS_LOST;
	} else if (strcmp(line, "alive") != 0) {
		return false;
	}
	*ret_news = news;
	return true;
}

bool dhcp_news_read(int fd, struct dhcp_news *ret_news)
{
	char line[DHCP_NEWS_MAX];
	ssize_t len;
	while ((len = recv(fd, line, sizeof(line) - 1, 0)) >= 0) {
		line[len] = 0;
		if (parse(line, ret_news))
			return true;
	}
	return false;
}

static void format(const struct dhcp_news *news, char line[DHCP_NEWS_MAX])
{
	char ip[INET_ADDRSTRLEN];
	struct in_addr address = {htonl(news->ipv4)};
	switch (news->kind) {
	case DHCP_NEWS_ADDRESS:
		snprintf(line, DHCP_NEWS_MAX, "address %s %u",
			inet_ntop(AF_INET, &address, ip, sizeof(ip)), news->prefix);
		break;
	case DHCP_NEWS_ENDED:
		snprintf(line, DHCP_NEWS_MAX, "ended %u %d", news->run, news->status);
		break;
	default:
		snprintf(
			line, DHCP_NEWS_MAX, "%s", news->kind == DHCP_NEWS_LOST ? "lost" : "alive");
	}
}

bool dhcp_news_send(const char *directory, const struct dhcp_news *news)
{
	struct sockaddr_un address;
	char line[DHCP_NEWS_MAX];
	if (!address_of(directory, &address))
		return false;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	format(news, line);
	bool good = sendto(fd, line, strlen(line), 0,
			    (const struct sockaddr *)(const void *)&address, sizeof(address)) >= 0;
	close(fd);
	return good;
}

bool dhcp_news_is_deaf(const char *directory)
{
	struct sockaddr_un address;
	int fd = address_of(directory, &address) ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
						 : -1;
	if (fd < 0)
		return false;
	bool deaf = connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) !=
			    0 &&
		    errno == ECONNREFUSED;
	close(fd);
	return deaf;
}

static unsigned prefix_of(const char *mask)
{
	struct in_addr in;
	if (!mask || inet_pton(AF_INET, mask, &in) != 1)
		return PREFIX_USUAL;
	return (unsigned)__builtin_popcount(in.s_addr);
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; word && *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* udhcpc tells what happened in its first argument, dhclient and dhcpcd in $reason. */
static void make_news(int argc, char **argv, struct dhcp_news *ret_news)
{
	static const char *const gained[] = {
		"bound", "renew", "BOUND", "RENEW", "REBIND", "REBOOT", NULL};
	static const char *const lost[] = {
		"deconfig", "EXPIRE", "FAIL", "RELEASE", "STOP", "STOPPED", "NAK", NULL};
	const char *reason = getenv("reason");
	bool udhcpc = !reason && argc > 1;
	if (udhcpc)
		reason = argv[1];
	const char *ip = getenv(udhcpc ? "ip" : "new_ip_address");
	const char *mask = getenv(udhcpc ? "subnet" : "new_subnet_mask");
	struct in_addr address;
	*ret_news = (struct dhcp_news){.kind = DHCP_NEWS_ALIVE};
	if (is_one_of(reason, gained) && ip && inet_pton(AF_INET, ip, &address) == 1)
		*ret_news = (struct dhcp_news){.kind = DHCP_NEWS_ADDRESS,
			.ipv4 = ntohl(address.s_addr),
			.prefix = prefix_of(mask)};
	else if (is_one_of(reason, lost))
		ret_news->kind = DHCP_NEWS_LOST;
}

bool dhcp_is_event(int argc, char **argv)
{
	char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	if (!slash || strcmp(slash + 1, DHCP_SCRIPT) != 0)
		return false;
	struct dhcp_news news;
	make_news(argc, argv, &news);
	*slash = 0;
	if (!dhcp_news_send(argv[0], &news))
		perror(DHCP_SCRIPT);
	return true;
}
