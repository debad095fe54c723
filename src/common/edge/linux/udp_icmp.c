#include "udp_icmp.h"

#include <errno.h>
#include <netinet/in.h> /* musl wants it before the kernel's headers */
#include <time.h>       /* linux/errqueue.h wants it */

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <string.h>
#include <sys/socket.h>

#define ERRORS_MAX   16  /* read at once */
#define CONTROL_SIZE 512 /* bytes: sock_extended_err, an address, and what else the socket wants */

bool lp_icmp_hear(int fd, int family, bool hear)
{
	int on = hear;
	bool good = setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0;
	if (family == AF_INET6)
		good = setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)) == 0;
	return good;
}

/* ICMPv4 says "administratively prohibited" by three codes (RFC 792, RFC 1812), for which the kernel has
 * the errno value of an unreachable host. For ICMPv6 it is EACCES. */
static bool is_filtered(const struct sock_extended_err *error)
{
	return error->ee_origin == SO_EE_ORIGIN_ICMP && error->ee_type == ICMP_DEST_UNREACH &&
	       (error->ee_code == ICMP_NET_ANO || error->ee_code == ICMP_HOST_ANO ||
		       error->ee_code == ICMP_PKT_FILTERED);
}

static int error_in(struct msghdr *message)
{
	int found = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct sock_extended_err error;
		if ((c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR) &&
			(c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_RECVERR))
			continue;
		memcpy(&error, CMSG_DATA(c), sizeof(error));
		if (error.ee_origin != SO_EE_ORIGIN_LOCAL)
			found = is_filtered(&error) ? EACCES : (int)error.ee_errno;
	}
	return found;
}

int lp_icmp_read(int fd)
{
	int last = 0;
	for (int i = 0; i < ERRORS_MAX; i++) {
		_Alignas(struct cmsghdr) char control[CONTROL_SIZE];
		struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		int error = error_in(&message);
		last = error ? error : last;
	}
	return last;
}
