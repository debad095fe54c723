/* The endpoints of a quic_room: the relay, and players with their frame ports. It connects hub and QUIC as
 * src/relay/server.c does, and tunnel and QUIC as src/common/peer/link.c does. */
#include "quic_room_inner.h"
#include "null_port.h"

/* The relay: hub and QUIC. */

static void relay_connected(void *context, struct lp_quic_conn *conn)
{
	struct room *r = context;
	struct lp_session *session =
		lp_hub_open(r->hub, conn, lp_quic_source(conn), lp_quic_datagram_max(conn), r->now);
	check(r, session != NULL);
	lp_quic_set_user(conn, session);
	lp_quic_attach(conn, lp_session_source(session), lp_session_sink(session));
}

static void relay_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct room *r = context;
	lp_hub_on_stream(r->hub, lp_quic_user(conn), piece, r->now);
}

static void relay_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct room *r = context;
	(void)why;
	lp_hub_on_closed(r->hub, lp_quic_user(conn), LP_LEAVE_NORMAL, r->now);
}

const struct lp_quic_handler room_relay_handler = {
	.connected = relay_connected,
	.stream = relay_stream,
	.closed = relay_closed,
};

void room_relay_actions(struct room *r)
{
	struct lp_hub_action a;
	while (lp_hub_next(r->hub, &a)) {
		struct lp_quic_conn *conn = a.session ? lp_session_user(a.session) : NULL;
		if (a.kind == LP_HUB_REPLY)
			lp_quic_send(conn, 0, a.bytes, a.len, true);
		else if (a.kind == LP_HUB_MESSAGE)
			lp_quic_send_message(conn, a.bytes, a.len);
		else if (a.kind == LP_HUB_CLOSE)
			lp_quic_close(conn, a.leave, a.text);
	}
}

/* A player: tunnel and QUIC. */

static void player_connected(void *context, struct lp_quic_conn *conn)
{
	struct player *p = context;
	lp_quic_attach(conn, lp_tunnel_source(p->tunnel), lp_tunnel_sink(p->tunnel));
	lp_tunnel_on_connected(p->tunnel, p->room->now);
}

static void player_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct player *p = context;
	(void)conn;
	lp_tunnel_on_stream(p->tunnel, piece, p->room->now);
}

static void player_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct player *p = context;
	(void)conn;
	p->conn = NULL;
	p->closed++;
	lp_tunnel_on_closed(p->tunnel, false, why->text, p->room->now);
}

const struct lp_quic_handler room_player_handler = {
	.connected = player_connected,
	.stream = player_stream,
	.closed = player_closed,
};

struct lp_path room_path(size_t local, size_t remote)
{
	const size_t hosts[] = {local, remote};
	struct lp_path path;
	memset(&path, 0, sizeof(path));
	for (int i = 0; i < 2; i++) {
		struct lp_address *a = i ? &path.remote : &path.local;
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(hosts[i] == ROOM_HOST ? 443 : 5000);
		a->in.sin_addr.s_addr = htonl(0x0a000000u | (uint32_t)hosts[i]);
	}
	path.local.len = path.remote.len = sizeof(struct sockaddr_in);
	return path;
}

static void player_connects(struct player *p)
{
	uint8_t pin[1][32];
	lp_identity_pin(p->room->identity, pin[0]);
	struct lp_quic_target target = {.path = room_path(p->index, ROOM_HOST),
		.server_name = "relay.example",
		.pins = (const uint8_t(*)[32])pin,
		.pin_count = 1};
	enum lp_status status = LP_OK;
	p->conn = lp_quic_connect(p->quic, &target, NULL, p->room->now, &status);
	check(p->room, p->conn != NULL);
}

void room_player_actions(struct player *p)
{
	static struct lp_tunnel_action a;
	int64_t stream;
	while (lp_tunnel_next(p->tunnel, &a)) {
		if (a.kind == LP_TUNNEL_CONNECT)
			player_connects(p);
		else if (a.kind == LP_TUNNEL_HELLO && p->conn &&
			 lp_quic_open(p->conn, &stream) == LP_OK)
			lp_quic_send(p->conn, stream, a.bytes, a.len, true);
		else if (a.kind == LP_TUNNEL_MESSAGE && p->conn)
			lp_quic_send_message(p->conn, a.bytes, a.len);
		else if (a.kind == LP_TUNNEL_CLOSE && p->conn)
			lp_quic_close(p->conn, a.leave, a.text);
	}
}

/* The frame port. */

/* The last four bytes of a frame are its serial; the bytes before are derived from it. */
static bool port_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct player *p = (struct player *)port;
	struct room *r = p->room;
	check(r, p->up && len >= ROOM_LEAST && len <= LP_ETH_FRAME_MAX);
	struct lp_reader reader = lp_reader_of(frame + len - 4, 4);
	uint32_t serial = lp_read_u32(&reader);
	check(r, serial < ROOM_SERIALS);
	for (size_t i = ROOM_LEAST - 6; i < len - 4; i++)
		check(r, frame[i] == (uint8_t)(serial * 7 + i));
	if (p->got[serial]++)
		p->twice++;
	else
		p->at[serial] = r->now;
	return true;
}

static bool port_up(struct lp_port *port, size_t mtu)
{
	(void)mtu;
	return ((struct player *)port)->up = true;
}

static void port_down(struct lp_port *port)
{
	((struct player *)port)->up = false;
}

const struct lp_port_ops room_port_ops = {
	null_port_read, port_write, port_up, port_down, null_port_members, null_port_close, NULL};
