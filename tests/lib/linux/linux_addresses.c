#include "linux_addresses.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

int watch_addresses(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void read_events(int fd, char text[EVENTS_TEXT])
{
	_Alignas(struct nlmsghdr) char bytes[8192];
	size_t at = 0;
	ssize_t n;
	text[0] = '\0';
	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		const struct nlmsghdr *h = (const void *)bytes;
		const struct ifaddrmsg *head = NLMSG_DATA(h);
		const struct rtattr *a = IFA_RTA(head);
		char own[INET_ADDRSTRLEN] = "?", broadcast[INET_ADDRSTRLEN] = "none";
		for (long left = (long)IFA_PAYLOAD(h); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
			if (a->rta_type == IFA_LOCAL)
				inet_ntop(AF_INET, RTA_DATA(a), own, sizeof(own));
			if (a->rta_type == IFA_BROADCAST)
				inet_ntop(AF_INET, RTA_DATA(a), broadcast, sizeof(broadcast));
		}
		at += (size_t)snprintf(text + at, EVENTS_TEXT - at, "%c%s/%u brd %s;",
			h->nlmsg_type == RTM_NEWADDR ? '+' : '-', own, head->ifa_prefixlen,
			broadcast);
		assert_true(at < EVENTS_TEXT);
	}
}
