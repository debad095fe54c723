#include "hub_unit.h"

struct relay *with_config(const struct lp_hub_config *config, int first, int last)
{
	struct relay *r = relay_new(config);
	for (int i = first; i <= last; i++) {
		peer_join(r, i);
		assert_true(r->peers[i].welcomed);
	}
	return r;
}

struct relay *with_peers(int first, int last)
{
	struct lp_hub_config config = relay_config();
	return with_config(&config, first, last);
}

struct lp_verdict send_udp(struct relay *r, int i, struct lp_mac dst, size_t len)
{
	uint8_t f[FRAME_CAP];
	struct lp_mac src = i ? player_mac((unsigned)i) : host_mac(1);
	size_t n = frame_udp(f, dst, src, LAN(100 + i), LAN(99), 27015, len);
	return peer_frame(r, i, f, n);
}

struct lp_verdict send_as(struct relay *r, int from, enum lp_overlay_type type, uint16_t id,
	const uint8_t *f, size_t len)
{
	uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	const struct lp_overlay o = {.type = type,
		.peer = r->peers[from].welcome.peer,
		.room = r->peers[from].welcome.room,
		.frame_id = id,
		.frame_len = (uint16_t)len};
	return peer_datagram(r, from, bytes, frame_datagram(bytes, &o, f));
}
