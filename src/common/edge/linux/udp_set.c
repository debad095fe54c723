#include "lanparty/edge/linux/udp_set.h"

#include <string.h>

void lp_udp_set_take(struct lp_udp_set *set, struct lp_udp *const *sockets, size_t count)
{
	set->count = count;
	for (size_t i = 0; i < count; i++) {
		set->sockets[i] = sockets[i];
		lp_udp_local(sockets[i], &set->bound[i]);
	}
}

struct lp_udp *lp_udp_set_find(const struct lp_udp_set *set, int fd)
{
	for (size_t i = 0; i < set->count; i++) {
		if (lp_udp_fd(set->sockets[i]) == fd)
			return set->sockets[i];
	}
	return NULL;
}

static in_port_t port_of(const struct lp_address *address)
{
	/* sin_port and sin6_port lie at the same place. */
	return address->in.sin_port;
}

static struct lp_udp *socket_for(const struct lp_udp_set *set, const struct lp_address *local)
{
	struct lp_udp *found = set->sockets[0];
	for (size_t i = 0; i < set->count; i++) {
		if (lp_address_equal(&set->bound[i], local))
			return set->sockets[i];
		if (port_of(&set->bound[i]) == port_of(local))
			found = set->sockets[i];
	}
	return found;
}

/* With one socket, a payload is written where it is sent from. */
static uint8_t *slot(void *context)
{
	struct lp_udp_set *set = context;
	return set->count == 1 ? lp_udp_slot(set->sockets[0]) : set->bytes;
}

static void put(void *context, const struct lp_path *path, size_t len)
{
	struct lp_udp_set *set = context;
	struct lp_udp *udp = set->sockets[0];
	if (set->count > 1) {
		udp = socket_for(set, &path->local);
		memcpy(lp_udp_slot(udp), set->bytes, len);
	}
	lp_udp_put(udp, path, len);
}

struct lp_outlet lp_udp_set_outlet(struct lp_udp_set *set)
{
	return (struct lp_outlet){set, slot, put};
}

void lp_udp_set_flush(struct lp_udp_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		lp_udp_flush(set->sockets[i]);
}
