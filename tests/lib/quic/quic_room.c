#include "quic_room_inner.h"

/* The network. */

static void wire_put(
	struct room *r, size_t to, size_t from, const uint8_t *bytes, size_t len, lp_time at)
{
	check(r, r->packet_count < WIRE_PACKETS);
	size_t i = r->packet_count++;
	for (; i > 0 && r->packets[(i - 1) / 2].at > at; i = (i - 1) / 2)
		r->packets[i] = r->packets[(i - 1) / 2];
	struct packet *packet = &r->packets[i];
	packet->at = at;
	packet->to = to;
	packet->path = to ? room_path(to, ROOM_HOST) : room_path(ROOM_HOST, from);
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
}

static struct packet wire_take(struct room *r)
{
	struct packet first = r->packets[0], last = r->packets[--r->packet_count];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < r->packet_count; i = child) {
		if (child + 1 < r->packet_count && r->packets[child + 1].at < r->packets[child].at)
			child++;
		if (r->packets[child].at >= last.at)
			break;
		r->packets[i] = r->packets[child];
	}
	r->packets[i] = last;
	return first;
}

static void wire_send(
	struct room *r, size_t from, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	const struct wire *w = &r->wire;
	size_t host = ntohl(path->remote.in.sin_addr.s_addr) & 0xff, to = host % ROOM_HOST;
	unsigned copies = dice_chance(&r->dice, w->duplicates) ? 2 : 1;
	if (dice_chance(&r->dice, w->loss) || (w->limit && len > w->limit))
		return;
	lp_time leaves = r->free_at[from] > r->now ? r->free_at[from] : r->now;
	if (w->rate)
		leaves += len * 8 * LP_SECOND / w->rate;
	r->free_at[from] = leaves;
	while (copies--) {
		lp_time at = leaves + w->delay;
		if (dice_chance(&r->dice, w->reorder))
			at += dice_roll(&r->dice) % (20 * LP_MILLISECOND);
		wire_put(r, to, from, bytes, len, at);
	}
	if (dice_chance(&r->dice, w->replays)) /* an attacker replays a packet that it overheard */
		wire_put(r, to, from, bytes, len,
			r->now + w->delay + dice_roll(&r->dice) % (3 * LP_SECOND));
}

/* Time. */

void room_send(struct room *r)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	for (int round = 0; round < 4; round++) {
		size_t len;
		room_relay_actions(r);
		for (size_t i = 1; i <= r->count; i++)
			if (r->players[i].tunnel)
				room_player_actions(&r->players[i]);
		while ((len = lp_quic_write(r->quic, bytes, sizeof(bytes), &path, r->now)))
			wire_send(r, 0, &path, bytes, len);
		for (size_t i = 1; i <= r->count; i++)
			while (r->players[i].quic && (len = lp_quic_write(r->players[i].quic, bytes,
							      sizeof(bytes), &path, r->now)))
				wire_send(r, i, &path, bytes, len);
	}
}

static lp_time sooner(lp_time a, lp_time b)
{
	return a < b ? a : b;
}

static void room_arrive(struct room *r)
{
	while (r->packet_count && r->packets[0].at <= r->now) {
		struct packet packet = wire_take(r);
		if (packet.len > r->largest)
			r->largest = packet.len;
		struct lp_quic *to = packet.to ? r->players[packet.to].quic : r->quic;
		if (to)
			lp_quic_read(to, &packet.path, packet.bytes, packet.len, r->now);
	}
}

void room_run(struct room *r, lp_time duration)
{
	lp_time end = r->now + duration;
	for (;;) {
		room_send(r);
		lp_time at = sooner(lp_quic_deadline(r->quic), lp_hub_deadline(r->hub));
		for (size_t i = 1; i <= r->count; i++) {
			if (!r->players[i].tunnel)
				continue;
			at = sooner(at, lp_quic_deadline(r->players[i].quic));
			at = sooner(at, lp_tunnel_deadline(r->players[i].tunnel));
		}
		if (r->packet_count)
			at = sooner(at, r->packets[0].at);
		if (at > end)
			break;
		r->now = at > r->now ? at : r->now;
		room_arrive(r);
		lp_quic_on_time(r->quic, r->now);
		lp_hub_on_time(r->hub, r->now);
		for (size_t i = 1; i <= r->count; i++) {
			struct player *p = &r->players[i];
			if (!p->tunnel)
				continue;
			lp_quic_on_time(p->quic, r->now);
			lp_tunnel_on_time(p->tunnel, r->now);
		}
	}
	r->now = end;
}

/* The room. */

static bool room_token(void *bytes, size_t len)
{
	static uint8_t next;
	next++;
	memset(bytes, next ? next : 1, len);
	return true;
}

static lp_time room_heard(void *user)
{
	return lp_quic_heard(user);
}

static struct lp_verdict room_verdict; /* of the last frame of any tunnel */

static void room_trace(
	void *context, enum lp_tunnel_direction way, const struct lp_verdict *verdict)
{
	(void)context;
	(void)way;
	room_verdict = *verdict;
}

void room_starts(struct room *r, size_t i)
{
	struct player *p = &r->players[i];
	struct lp_quic_config quic = {.handler = &room_player_handler, .context = p};
	p->port.ops = &room_port_ops;
	p->room = r;
	p->index = i;
	p->mac = player_mac((unsigned)i);
	const struct lp_tunnel_config config = {.role = LP_ROLE_CLIENT,
		.room_key = {1},
		.mac = p->mac,
		.name = "player",
		.seed = dice_roll(&r->dice),
		.trace = room_trace};
	p->tunnel = lp_tunnel_new(&config, &p->port);
	p->quic = lp_quic_new(&quic, NULL);
	check(r, p->tunnel && p->quic);
	lp_tunnel_start(p->tunnel, r->now);
}

void room_stops(struct room *r, size_t i)
{
	struct player *p = &r->players[i];
	lp_quic_free(p->quic);
	lp_tunnel_free(p->tunnel);
	p->quic = NULL;
	p->conn = NULL;
	p->tunnel = NULL;
	p->up = false;
}

struct room *room_new(const struct wire *wire, size_t players, uint64_t seed)
{
	struct room *r = calloc(1, sizeof(*r));
	const char *text = getenv("LANPARTY_SEED");
	assert_non_null(r);
	r->seed = text ? strtoull(text, NULL, 0) : seed;
	r->dice = r->seed;
	r->now = LP_SECOND;
	r->wire = *wire;
	r->packets = calloc(WIRE_PACKETS, sizeof(*r->packets));
	r->identity = lp_identity_new("relay.example", NOW_UNIX);
	const struct lp_hub_config hub = {.rooms = {.max_clients = ROOM_PLAYERS, .max_rooms = 1},
		.frames = ROOM_FRAMES,
		.keep_alive_ms = 3000,
		.idle_timeout_ms = 15000,
		.random = room_token,
		.heard = room_heard};
	const struct lp_quic_config quic = {
		.handler = &room_relay_handler, .context = r, .secret = {7}};
	r->hub = lp_hub_new(&hub);
	r->quic = lp_quic_new(&quic, r->identity);
	check(r, r->packets && r->identity && r->hub && r->quic);
	for (size_t i = 1; i <= players; i++) {
		r->players[i].got = calloc(ROOM_SERIALS, 1);
		r->players[i].at = calloc(ROOM_SERIALS, sizeof(*r->players[i].at));
		check(r, r->players[i].got && r->players[i].at);
		r->count = i;
		room_starts(r, i);
	}
	for (size_t i = 1, tries = 0; i <= players; tries++) {
		check(r, tries < 60);
		if (lp_tunnel_is_joined(r->players[i].tunnel))
			i++;
		else
			room_run(r, LP_SECOND);
	}
	room_run(r, 2 * LP_SECOND); /* all members know of each other */
	for (size_t i = 1; i <= players; i++)
		r->players[i].closed = 0;
	return r;
}

void room_free(struct room *r)
{
	lp_quic_free(r->quic);
	lp_hub_free(r->hub);
	lp_identity_free(r->identity);
	for (size_t i = 1; i <= r->count; i++) {
		room_stops(r, i);
		free(r->players[i].got);
		free(r->players[i].at);
	}
	free(r->packets);
	free(r);
}

void room_push(struct room *r, size_t from, size_t to, bool tcp, uint32_t serial, size_t len)
{
	uint8_t f[FRAME_CAP];
	const struct player *p = &r->players[from];
	struct lp_mac dst = to ? r->players[to].mac : BROADCAST;
	uint32_t ip = IPV4(10, 0, 0, from), other = IPV4(10, 0, 0, to ? to : 255);
	check(r, len >= ROOM_LEAST && serial < ROOM_SERIALS);
	if (tcp)
		frame_tcp(f, dst, p->mac, ip, other, 445, len);
	else
		frame_udp(f, dst, p->mac, ip, other, 27015, len);
	for (size_t i = ROOM_LEAST - 6; i < len - 4; i++)
		f[i] = (uint8_t)(serial * 7 + i);
	struct lp_writer w = lp_writer_of(f + len - 4, 4);
	lp_write_u32(&w, serial);
	lp_tunnel_on_frame(p->tunnel, f, len, r->now);
	check(r, room_verdict.drop == LP_DROP_NONE);
}

void room_frame(struct room *r, size_t from, size_t to, bool tcp, uint32_t serial, size_t len)
{
	room_push(r, from, to, tcp, serial, len);
	room_send(r);
}

struct lp_hub_counters room_counters(const struct room *r)
{
	struct lp_hub_counters c;
	lp_hub_get_counters(r->hub, &c);
	return c;
}
