#include "netlink.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void append(struct lp_netlink_request *r, const void *bytes, size_t size)
{
	size_t padded = NLMSG_ALIGN(size);
	assert(padded <= sizeof(r->bytes) - r->len);
	memset(r->bytes + r->len, 0, padded);
	if (size > 0)
		memcpy(r->bytes + r->len, bytes, size);
	r->len += padded;
}

void lp_netlink_begin(struct lp_netlink_request *r, uint16_t type, const void *head, size_t size)
{
	const struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST};
	r->len = 0;
	append(r, &h, sizeof(h));
	append(r, head, size);
}

void lp_netlink_put(struct lp_netlink_request *r, uint16_t type, const void *value, size_t size)
{
	const struct nlattr a = {.nla_type = type, .nla_len = (uint16_t)(sizeof(a) + size)};
	append(r, &a, sizeof(a));
	append(r, value, size);
}

size_t lp_netlink_nest(struct lp_netlink_request *r, uint16_t type)
{
	size_t nest = r->len;
	lp_netlink_put(r, type, NULL, 0);
	return nest;
}

void lp_netlink_unnest(struct lp_netlink_request *r, size_t nest)
{
	struct nlattr *a = (struct nlattr *)(void *)(r->bytes + nest);
	a->nla_len = (uint16_t)(r->len - nest);
}

/* One socket a request: there are a handful, once. */
static int exchange(int protocol, struct lp_netlink_request *r, uint16_t flags,
	struct lp_netlink_answer *ret_answer)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)r->bytes;
	h->nlmsg_len = (uint32_t)r->len;
	h->nlmsg_flags |= flags;

	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return errno;
	ssize_t n = -1;
	if (send(fd, r->bytes, r->len, 0) == (ssize_t)r->len)
		n = recv(fd, ret_answer->bytes, sizeof(ret_answer->bytes), 0);
	int failed = errno;
	close(fd);
	if (n < 0)
		return failed;

	const struct nlmsghdr *answer = (const struct nlmsghdr *)(const void *)ret_answer->bytes;
	if ((size_t)n < sizeof(*answer) || answer->nlmsg_len < sizeof(*answer) ||
		answer->nlmsg_len > (size_t)n)
		return EMSGSIZE;
	ret_answer->body = ret_answer->bytes + NLMSG_HDRLEN;
	ret_answer->len = answer->nlmsg_len - NLMSG_HDRLEN;
	if (answer->nlmsg_type != NLMSG_ERROR)
		return 0;
	int error; /* the first field of struct nlmsgerr */
	if (ret_answer->len < sizeof(error))
		return EMSGSIZE;
	memcpy(&error, ret_answer->body, sizeof(error));
	return -error;
}

int lp_netlink_do(int protocol, struct lp_netlink_request *r)
{
	struct lp_netlink_answer ignored;
	return exchange(protocol, r, NLM_F_ACK, &ignored);
}

int lp_netlink_ask(int protocol, struct lp_netlink_request *r, struct lp_netlink_answer *ret_answer)
{
	return exchange(protocol, r, 0, ret_answer);
}

const void *lp_netlink_find(const uint8_t *list, size_t len, uint16_t type, size_t *ret_size)
{
	struct nlattr a;
	while (len >= sizeof(a)) {
		memcpy(&a, list, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > len)
			return NULL;
		if ((a.nla_type & NLA_TYPE_MASK) == type) {
			*ret_size = a.nla_len - sizeof(a);
			return list + sizeof(a);
		}
		size_t step = (size_t)NLA_ALIGN(a.nla_len);
		if (step > len)
			return NULL;
		list += step;
		len -= step;
	}
	return NULL;
}
