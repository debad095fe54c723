#include "lanparty/peer/entry_memory.h"

#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"

bool lp_entry_memory_tag(const struct lp_peer_options *options, uint8_t ret_tag[LP_HOST_MEMORY_TAG])
{
	uint8_t bytes[LP_ROOM_KEY_SIZE + LP_ENDPOINTS * LP_HOST_SHOWN], hash[32];
	struct lp_writer w = lp_writer_of(bytes, sizeof(bytes));
	char text[LP_HOST_SHOWN];
	lp_write_bytes(&w, options->room_key, LP_ROOM_KEY_SIZE);
	for (size_t i = 0; i < lp_peer_endpoints(options); i++) {
		lp_host_format(lp_peer_endpoint(options, i), text);
		lp_write_bytes(&w, text, strlen(text) + 1);
	}
	bool good = lp_derive(bytes, (size_t)(w.at - bytes), "lanparty/1 entry memory", hash);
	lp_zero(bytes, sizeof(bytes));
	if (good)
		memcpy(ret_tag, hash, LP_HOST_MEMORY_TAG);
	return good;
}

void lp_entry_memory_put(const struct lp_entry *entry, struct lp_entry_memory *ret_memory)
{
	const struct lp_address *a = &entry->address;
	struct lp_entry_memory m = {.endpoint = (uint8_t)entry->endpoint};
	if (a->sa.sa_family == AF_INET) {
		m.family = 4;
		memcpy(m.port, &a->in.sin_port, sizeof(m.port));
		memcpy(m.ip, &a->in.sin_addr, sizeof(a->in.sin_addr));
	} else if (a->in6.sin6_scope_id == 0) {
		m.family = 6;
		memcpy(m.port, &a->in6.sin6_port, sizeof(m.port));
		memcpy(m.ip, &a->in6.sin6_addr, sizeof(m.ip));
	}
	if (m.family && entry->stream)
		m.family |= LP_ENTRY_MEMORY_STREAM;
	*ret_memory = m;
}

bool lp_entry_memory_get(const struct lp_entry_memory *memory, struct lp_entry *ret_entry)
{
	const struct lp_entry_memory *m = memory;
	struct lp_entry e = {.endpoint = m->endpoint, .stream = m->family & LP_ENTRY_MEMORY_STREAM};
	struct lp_address *a = &e.address;
	int family = m->family & ~LP_ENTRY_MEMORY_STREAM;
	if (family == 4) {
		a->len = sizeof(a->in);
		a->in.sin_family = AF_INET;
		memcpy(&a->in.sin_port, m->port, sizeof(m->port));
		memcpy(&a->in.sin_addr, m->ip, sizeof(a->in.sin_addr));
	} else if (family == 6) {
		a->len = sizeof(a->in6);
		a->in6.sin6_family = AF_INET6;
		memcpy(&a->in6.sin6_port, m->port, sizeof(m->port));
		memcpy(&a->in6.sin6_addr, m->ip, sizeof(m->ip));
	} else {
		return false;
	}
	*ret_entry = e;
	return true;
}
