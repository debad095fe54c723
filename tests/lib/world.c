/* The endpoints of a simulated world: programs that start, crash and have frame ports, and what must
 * hold for all of them together. */
#include "world_inner.h"
#include "null_port.h"

/* Ports. */

/* Frames of world_send carry their serial after the UDP header, or in TCP's acknowledgement
 * number. */
static bool port_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct peer_port *pp = (struct peer_port *)port;
	struct peer *p = &pp->world->peers[pp->peer];
	check(p->up);
	p->received++;
	p->got_bytes += len;
	if (len >= 46 && frame[12] == 8 && frame[13] == 0) {
		size_t serial = (size_t)frame[42] << 8 | frame[43];
		for (size_t i = frame[23] == 6 ? 54 : 44; i < len; i++)
			check(frame[i] == (uint8_t)(serial + i));
		check(serial < WORLD_SERIALS && p->got[serial] < UINT8_MAX);
		p->got[serial]++;
	}
	if (pp->world->sink)
		pp->world->sink(pp->world, pp->peer, frame, len);
	return true;
}

static bool port_up(struct lp_port *port, size_t mtu)
{
	struct peer_port *pp = (struct peer_port *)port;
	check(!pp->world->peers[pp->peer].up && mtu >= LP_MTU_MIN && mtu <= LP_ETH_MTU);
	pp->world->peers[pp->peer].up = true;
	return true;
}

static void port_down(struct lp_port *port)
{
	struct peer_port *pp = (struct peer_port *)port;
	check(pp->world->peers[pp->peer].up);
	pp->world->peers[pp->peer].up = false;
}

static void port_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	struct peer_port *pp = (struct peer_port *)port;
	(void)macs;
	pp->world->peers[pp->peer].told_macs = count;
}

static const struct lp_port_ops world_port_ops = {
	null_port_read, port_write, port_up, port_down, port_members, null_port_close, NULL};

/* The world. */

static bool world_token(void *bytes, size_t len)
{
	static uint64_t counter;
	uint8_t *b = bytes;
	counter++;
	for (size_t i = 0; i < len; i++)
		b[i] = (uint8_t)(counter >> 8 * (i % 8)) ^ (uint8_t)(i * 37 + 1);
	return true;
}

/* Its members are silent as soon as somebody asks. */
static lp_time world_heard(void *user)
{
	(void)user;
	return 0;
}

struct world *world_new(const struct wire *wire)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *text = getenv("LANPARTY_SEED");
	assert_non_null(w);
	world_seed = text ? strtoull(text, NULL, 0) : 20240229;
	w->dice = world_seed;
	w->now = LP_SECOND;
	w->wire = *wire;
	w->config = (struct lp_hub_config){.rooms = {.max_clients = 256, .max_rooms = 16},
		.frames = 4096,
		.keep_alive_ms = 3000,
		.idle_timeout_ms = 15000,
		.random = world_token,
		.heard = world_heard};
	w->hub = lp_hub_new(&w->config);
	assert_non_null(w->hub);
	w->conn_count = w->conn_cap = 1;
	w->conns = calloc(1, sizeof(struct conn *));
	assert_non_null(w->conns);
	return w;
}

void world_free(struct world *w)
{
	lp_hub_free(w->hub);
	for (size_t i = 0; i < w->peer_count; i++)
		lp_tunnel_free(w->peers[i].tunnel);
	for (size_t i = 0; i < w->conn_count; i++)
		free(w->conns[i]);
	while (w->heap_count)
		free(w->heap[--w->heap_count].bytes);
	free(w->heap);
	free(w->conns);
	free(w->connects);
	free(w);
}

void relay_crashes(struct world *w)
{
	lp_hub_free(w->hub);
	w->hub = NULL;
	w->room = 0;
	for (size_t i = 1; i < w->conn_count; i++) {
		w->conns[i]->relay_open = false;
		w->conns[i]->relay_over = true;
		w->conns[i]->session = NULL;
	}
}

void relay_starts(struct world *w)
{
	w->hub = lp_hub_new(&w->config);
	assert_non_null(w->hub);
}

struct lp_verdict world_verdict;

static void world_trace(
	void *context, enum lp_tunnel_direction way, const struct lp_verdict *verdict)
{
	(void)context;
	(void)way;
	world_verdict = *verdict;
}

struct lp_tunnel_config peer_config(struct world *w, size_t i, enum lp_role role)
{
	return (struct lp_tunnel_config){.role = role,
		.room_key = {1},
		.mac = role == LP_ROLE_CLIENT ? player_mac((unsigned)i) : (struct lp_mac){{0}},
		.name = "player",
		.seed = dice_roll(&w->dice),
		.trace = world_trace};
}

static void wake_peer(void *carrier)
{
	((struct peer *)carrier)->woken = true;
}

void peer_starts(struct world *w, size_t i, const struct lp_tunnel_config *config, size_t path)
{
	struct peer *p = &w->peers[i];
	check(!p->tunnel && !p->conn);
	p->port = (struct peer_port){{&world_port_ops}, w, i};
	p->mac = config->mac;
	p->path = path;
	p->up = false;
	p->other_count = 0;
	p->reject = -1;
	p->tunnel = lp_tunnel_new(config, &p->port.port);
	assert_non_null(p->tunnel);
	lp_tunnel_source(p->tunnel)->wake = wake_peer;
	lp_tunnel_source(p->tunnel)->carrier = p;
	if (i >= w->peer_count)
		w->peer_count = i + 1;
	lp_tunnel_start(p->tunnel, w->now);
}

void peer_crashes(struct world *w, size_t i)
{
	struct peer *p = &w->peers[i];
	lp_tunnel_free(p->tunnel);
	p->tunnel = NULL;
	p->up = false;
	if (p->conn)
		world_send_close(w, p->conn, true, LP_LEAVE_TIMED_OUT, WORLD_IDLE);
	p->conn = 0;
}

void link_is_cut(struct world *w, size_t i)
{
	struct peer *p = &w->peers[i];
	if (!p->conn)
		return;
	w->conns[p->conn]->peer_open = false;
	world_send_close(w, p->conn, false, LP_LEAVE_TIMED_OUT, LP_SECOND);
	world_send_close(w, p->conn, true, LP_LEAVE_TIMED_OUT, WORLD_IDLE);
}

bool is_joined(const struct world *w, size_t i)
{
	return w->peers[i].tunnel && lp_tunnel_is_joined(w->peers[i].tunnel);
}

size_t joined_count(const struct world *w)
{
	size_t count = 0;
	for (size_t i = 0; i < w->peer_count; i++)
		count += is_joined(w, i);
	return count;
}

static const struct lp_member *member_of(const struct world *w, size_t i)
{
	size_t conn = w->peers[i].conn;
	return conn && w->conns[conn]->session ? lp_session_member(w->conns[conn]->session) : NULL;
}

void check_views(struct world *w)
{
	size_t members = 0;
	for (size_t i = 0; i < w->peer_count; i++) {
		const struct peer *p = &w->peers[i];
		const struct lp_member *m = member_of(w, i);
		check(is_joined(w, i) == (m != NULL));
		if (!m)
			continue;
		size_t count, clients = 0;
		struct lp_member *const *list = lp_room_members(m->room, &count);
		members++;
		check(p->welcome.peer == m->peer && p->welcome.room == lp_room_id(m->room));
		check(p->other_count == count - 1);
		for (size_t k = 0; k < count; k++) {
			if (list[k] == m)
				continue;
			size_t at = world_find_other(p, list[k]->peer);
			check(at < p->other_count &&
				lp_mac_equal(&p->others[at].mac, &list[k]->mac));
			clients += list[k]->role == LP_ROLE_CLIENT;
		}
		check(p->told_macs == clients);
		if (m->role == LP_ROLE_CLIENT)
			check(lp_room_find(m->room, &m->mac) == m);
	}
	struct lp_hub_counters c;
	lp_hub_get_counters(w->hub, &c);
	check(c.members == members);
}

struct lp_verdict world_send(
	struct world *w, size_t i, struct lp_mac dst, bool tcp, size_t serial, size_t len)
{
	uint8_t f[FRAME_CAP];
	const uint32_t from = IPV4(10, 0, i >> 8, i), to = IPV4(10, 1, 0, 0);
	if (tcp)
		frame_tcp(f, dst, w->peers[i].mac, from, to, 445, len);
	else
		frame_udp(f, dst, w->peers[i].mac, from, to, 27015, len);
	f[42] = (uint8_t)(serial >> 8);
	f[43] = (uint8_t)serial;
	for (size_t k = tcp ? 54 : 44; k < len; k++)
		f[k] = (uint8_t)(serial + k);
	lp_tunnel_on_frame(w->peers[i].tunnel, f, len, w->now);
	struct lp_verdict v = world_verdict;
	world_pump(w);
	return v;
}

struct lp_verdict world_frame(
	struct world *w, size_t i, struct lp_mac dst, size_t serial, size_t len)
{
	return world_send(w, i, dst, false, serial, len);
}
