/* netlink.h - one request to the kernel, one answer: setting up, never on the frame path. */
#ifndef LANPARTY_GATEWAY_NETLINK_H
#define LANPARTY_GATEWAY_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#define LP_NETLINK_REQUEST 512
#define LP_NETLINK_ANSWER  16384 /* an interface's description is some 1-2 KiB */

struct lp_netlink_request {
	_Alignas(struct nlmsghdr) uint8_t bytes[LP_NETLINK_REQUEST];
	size_t len;
};

struct lp_netlink_answer {
	_Alignas(struct nlmsghdr) uint8_t bytes[LP_NETLINK_ANSWER];
	const uint8_t *body; /* what follows struct nlmsghdr */
	size_t len;
};

/* Begins with type's own header, of size bytes. */
void lp_netlink_begin(struct lp_netlink_request *r, uint16_t type, const void *head, size_t size);
/* Requests are small and of our own making: one too long is a mistake in the program. */
void lp_netlink_put(struct lp_netlink_request *r, uint16_t type, const void *value, size_t size);
/* Attributes that follow are inside this one until lp_netlink_unnest(r, what nest returned). */
size_t lp_netlink_nest(struct lp_netlink_request *r, uint16_t type);
void lp_netlink_unnest(struct lp_netlink_request *r, size_t nest);

/* Returns 0 or an errno. */
int lp_netlink_do(int protocol, struct lp_netlink_request *r);
int lp_netlink_ask(
	int protocol, struct lp_netlink_request *r, struct lp_netlink_answer *ret_answer);

/* The first attribute of this type in a list of len bytes, or NULL; its value and size. */
const void *lp_netlink_find(const uint8_t *list, size_t len, uint16_t type, size_t *ret_size);

#endif
