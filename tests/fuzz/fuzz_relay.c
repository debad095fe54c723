/* The whole relay without sockets: QUIC and the hub. Two honest members are in a room. The input is what
 * a third program does: it joins, sends bytes on streams, DATAGRAMs and UDP payloads, moves, waits and
 * closes. Whatever it does, a frame of the first honest member reaches the second one.
 *
 * The first byte of the input says who the third program is: a stranger, who has connected and said nothing, or
 * a member of the honest room. A handshake takes longer than all that an input does. So a connection serves
 * further inputs: the stranger's until it has been used, the member's until it has ended or served enough. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "lanparty/base/bytes.h"
#include "lanparty/wire/overlay.h"
#include "quic_room_inner.h"

#define ROUNDS      200 /* of an exchange of packets, at most */
#define CLOSED_KEPT 64  /* connections that the hostile program has left behind */
#define DATAGRAMS   8
#define CHOSEN_MAX  1500
#define KEY         1 /* first byte of the honest room's key */
#define STEPS_MAX   32
#define PAUSE       (100 * LP_MILLISECOND) /* between inputs */
#define INPUTS_MAX  256                    /* of one connection of the member */
#define MEMBER      64                     /* the least first byte of an input of the member */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct client {
	struct lp_datagram_source source;
	struct lp_datagram_sink sink;
	struct lp_quic *quic;
	struct lp_quic_conn *conn;
	uint8_t host;
	int64_t stream; /* the last one that it opened */
	uint8_t reply[LP_CONTROL_SENT_MAX];
	size_t reply_len;
	struct lp_welcome welcome;
	bool joined;
	uint8_t out[DATAGRAMS][LP_DATAGRAM_MAX];
	size_t out_len[DATAGRAMS], out_count;
	size_t received;
	unsigned inputs; /* that it has been used for */
};

static struct room relay; /* without players: its endpoints are these clients */
static struct client honest[2], stranger, member;
static struct client *hostile; /* one of the last two: see the input */

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* ---- a client */

static bool next_datagram(struct lp_datagram_source *source, size_t max, bool bulk, lp_time now,
	struct lp_datagram *ret_datagram)
{
	struct client *c = (struct client *)source;
	(void)bulk;
	(void)now;
	while (c->out_count > 0 && c->out_len[c->out_count - 1] > max)
		c->out_count--;
	if (c->out_count == 0)
		return false;
	*ret_datagram = (struct lp_datagram){.bytes = c->out[c->out_count - 1],
		.len = c->out_len[c->out_count - 1],
		.last = c->out_count == 1};
	return true;
}

static void datagram_sent(struct lp_datagram_source *source)
{
	((struct client *)source)->out_count--;
}

static void datagram_acked(struct lp_datagram_source *source, uint64_t tag)
{
	(void)source;
	(void)tag;
}

static void datagram_lost(struct lp_datagram_source *source, uint64_t tag, lp_time now)
{
	(void)source;
	(void)tag;
	(void)now;
}

static void path_changed(struct lp_datagram_source *source, size_t max)
{
	(void)source;
	(void)max;
}

static const struct lp_datagram_source_ops source_ops = {
	next_datagram, datagram_sent, datagram_acked, datagram_lost, path_changed};

static void take_datagram(
	struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now)
{
	struct client *c = (struct client *)(void *)((char *)sink - offsetof(struct client, sink));
	struct lp_overlay overlay;
	(void)now;
	require(lp_overlay_decode(bytes, len, &overlay) == LP_DROP_NONE);
	require(overlay.room == c->welcome.room);
	c->received += overlay.peer == honest[0].welcome.peer && c == &honest[1];
}

static void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct client *c = context;
	lp_quic_attach(conn, &c->source, &c->sink);
}

static void on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct client *c = context;
	struct lp_control message;
	size_t used;
	(void)conn;
	if (piece->stream != 0 || piece->len > sizeof(c->reply) - c->reply_len)
		return;
	memcpy(c->reply + c->reply_len, piece->bytes, piece->len);
	c->reply_len += piece->len;
	if (lp_control_decode(c->reply, c->reply_len, &message, &used) == LP_OK &&
		message.type == LP_WELCOME) {
		c->welcome = message.welcome;
		c->joined = true;
	}
}

static void on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct client *c = context;
	(void)conn;
	(void)why;
	c->conn = NULL;
}

static const struct lp_quic_handler client_handler = {
	.connected = on_connected, .stream = on_stream, .closed = on_closed};

static void client_connects(struct client *c)
{
	uint8_t pin[1][32];
	enum lp_status status;
	lp_identity_pin(relay.identity, pin[0]);
	const struct lp_quic_target target = {.path = room_path(c->host, ROOM_HOST),
		.server_name = "relay.example",
		.pins = (const uint8_t(*)[32])pin,
		.pin_count = 1};
	c->conn = lp_quic_connect(c->quic, &target, NULL, relay.now, &status);
	require(c->conn != NULL);
}

/* Its endpoint stays; it has at most one connection at a time. */
static void client_opens(struct client *c, uint8_t host)
{
	const struct lp_quic_config config = {.handler = &client_handler, .context = c};
	struct lp_quic *quic = c->quic ? c->quic : lp_quic_new(&config, NULL);
	require(quic != NULL && c->conn == NULL);
	memset(c, 0, sizeof(*c));
	c->quic = quic;
	c->host = host;
	c->source.ops = &source_ops;
	c->sink.take = take_datagram;
	c->stream = -1;
	client_connects(c);
}

static void client_says(struct client *c, const uint8_t *bytes, size_t len, bool fin)
{
	if (c->conn && (c->stream >= 0 || lp_quic_open(c->conn, &c->stream) == LP_OK))
		lp_quic_send(c->conn, c->stream, bytes, len, fin);
}

/* what: the least two bits are the room, the next ones ask for more. */
static void client_joins(struct client *c, uint8_t what, uint8_t mac)
{
	enum { ROOM = 3, GATEWAY = 4, CAPABLE = 8, RESUMES = 16, FRESH = 32 };
	struct lp_control hello = {.type = LP_HELLO,
		.hello = {.version_min = 1,
			.version_max = 1,
			.role = what & GATEWAY ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT,
			.room_key = {what & ROOM},
			.datagram_budget = LP_DATAGRAM_MAX,
			.mtu = LP_ETH_MTU,
			.capabilities = what & CAPABLE ? LP_CAPS_KNOWN : 0,
			.fresh = what & FRESH}};
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	if (what & GATEWAY)
		hello.hello.room_key[0] |=
			2; /* an honest member trusts the gateway of its own room */
	else
		hello.hello.mac = player_mac(mac);
	if (what & RESUMES)
		memcpy(hello.hello.resume_token, member.welcome.resume_token, LP_TOKEN_SIZE);
	client_says(c, bytes, lp_control_encode(&hello, bytes, sizeof(bytes)), true);
}

static void client_queues(struct client *c, const uint8_t *bytes, size_t len)
{
	if (!c->conn || len == 0 || c->out_count == DATAGRAMS || len > LP_DATAGRAM_MAX)
		return;
	memcpy(c->out[c->out_count], bytes, len);
	c->out_len[c->out_count++] = len;
	lp_datagram_source_wake(&c->source);
}

/* ---- the network: everything arrives at once */

static struct client *client_at(const struct lp_path *path)
{
	uint8_t host = (uint8_t)(ntohl(path->remote.in.sin_addr.s_addr) & 0xff);
	struct client *all[] = {&honest[0], &honest[1], &stranger, &member};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i]->quic && all[i]->host == host)
			return all[i];
	}
	return NULL;
}

static bool client_sends(struct client *c)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path, arrived = room_path(ROOM_HOST, c->host);
	size_t len = c->quic ? lp_quic_write(c->quic, bytes, sizeof(bytes), &path, relay.now) : 0;
	if (len > 0)
		lp_quic_read(relay.quic, &arrived, bytes, len, relay.now);
	return len > 0;
}

static bool relay_sends(void)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	room_relay_actions(&relay);
	size_t len = lp_quic_write(relay.quic, bytes, sizeof(bytes), &path, relay.now);
	struct client *to = len > 0 ? client_at(&path) : NULL;
	if (to) {
		path = room_path(to->host, ROOM_HOST);
		lp_quic_read(to->quic, &path, bytes, len, relay.now);
	}
	return len > 0;
}

static void exchange(void)
{
	bool any = true;
	for (int round = 0; any && round < ROUNDS; round++) {
		any = relay_sends();
		any = client_sends(&honest[0]) || any;
		any = client_sends(&honest[1]) || any;
		any = client_sends(&stranger) || any;
		any = client_sends(&member) || any;
	}
}

static void wait_for(lp_time duration)
{
	relay.now += duration;
	lp_hub_on_time(relay.hub, relay.now);
	lp_quic_on_time(relay.quic, relay.now);
	for (size_t i = 0; i < 2; i++)
		lp_quic_on_time(honest[i].quic, relay.now);
	if (stranger.quic)
		lp_quic_on_time(stranger.quic, relay.now);
	if (member.quic)
		lp_quic_on_time(member.quic, relay.now);
	exchange();
}

/* ---- what stays from input to input, because a handshake takes longer than all else */

static void random_bytes(void *bytes, size_t len)
{
	static uint64_t dice = 1;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)dice_roll(&dice);
}

static bool random_token(void *bytes, size_t len)
{
	random_bytes(bytes, len);
	return true;
}

static lp_time heard(void *user)
{
	return lp_quic_heard(user);
}

static void honest_frame_passes(void)
{
	uint8_t datagram[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	const struct lp_overlay overlay = {.type = LP_OVERLAY_WHOLE,
		.peer = honest[0].welcome.peer,
		.room = honest[0].welcome.room};
	size_t head = lp_overlay_encode(&overlay, datagram), before = honest[1].received;
	frame_udp(datagram + head, player_mac(2), player_mac(1), IPV4(10, 0, 0, 1),
		IPV4(10, 0, 0, 2), 27015, 100);
	client_queues(&honest[0], datagram, head + 100);
	exchange();
	require(honest[0].conn && honest[1].conn && honest[1].received == before + 1);
}

static void relay_starts(void)
{
	const struct lp_hub_config hub = {.rooms = {.max_clients = 8, .max_rooms = 8},
		.frames = 256,
		.keep_alive_ms = 3000,
		.idle_timeout_ms = 15000,
		.random = random_token,
		.heard = heard};
	relay.now = LP_SECOND;
	relay.identity = lp_identity_new("relay.example", NOW_UNIX);
	const struct lp_quic_config quic = {
		.handler = &room_relay_handler, .context = &relay, .secret = {7}};
	relay.hub = lp_hub_new(&hub);
	relay.quic = lp_quic_new(&quic, relay.identity);
	require(relay.identity && relay.hub && relay.quic);
	for (uint8_t i = 0; i < 2; i++) {
		client_opens(&honest[i], (uint8_t)(1 + i));
		exchange();
		client_joins(&honest[i], KEY, (uint8_t)(1 + i));
		exchange();
		require(honest[i].joined);
	}
	honest_frame_passes(); /* so that the sender's address belongs to it */
}

/* ---- the input */

static size_t chosen(struct lp_reader *in, uint8_t *bytes)
{
	size_t len = lp_read_u16(in) % (CHOSEN_MAX + 1);
	len = len < lp_reader_left(in) ? len : lp_reader_left(in);
	if (len > 0)
		memcpy(bytes, lp_read_bytes(in, len), len);
	return len;
}

static void hostile_frame(struct lp_reader *in, const uint8_t *bytes, size_t len)
{
	uint8_t datagram[LP_OVERLAY_FRAGMENT_HEADER + CHOSEN_MAX];
	uint8_t kind = lp_read_u8(in);
	struct lp_overlay overlay = {.type = kind & 3,
		.peer = hostile->welcome.peer,
		.room = hostile->welcome.room,
		.frame_id = kind >> 2,
		.frame_len = lp_read_u16(in)};
	size_t head = lp_overlay_encode(&overlay, datagram);
	memcpy(datagram + head, bytes, len);
	client_queues(hostile, datagram, head + len);
}

static void hostile_packet(const uint8_t *bytes, size_t len)
{
	struct lp_path path = room_path(ROOM_HOST, hostile->host);
	lp_quic_read(relay.quic, &path, bytes, len, relay.now);
}

static void one_step(struct lp_reader *in)
{
	enum { SAY, END, NEXT, MESSAGE, DATAGRAM, FRAME, PACKET, WAIT, MOVE, JOIN, CLOSE, STEPS };
	uint8_t bytes[CHOSEN_MAX], step = lp_read_u8(in) % STEPS;
	bool has_bytes = step <= END || (step >= MESSAGE && step <= PACKET);
	size_t len = has_bytes ? chosen(in, bytes) : 0;
	if (step <= END)
		client_says(hostile, bytes, len, step == END);
	else if (step == NEXT)
		hostile->stream = -1;
	else if (step == MESSAGE && hostile->conn)
		lp_quic_send_message(hostile->conn, bytes, len);
	else if (step == DATAGRAM)
		client_queues(hostile, bytes, len);
	else if (step == FRAME)
		hostile_frame(in, bytes, len);
	else if (step == PACKET)
		hostile_packet(bytes, len);
	else if (step == WAIT)
		wait_for(lp_read_u8(in) * 10 * LP_MILLISECOND);
	else if (step == MOVE)
		hostile->host = (uint8_t)(10 + lp_read_u8(in) % 100);
	else if (step == JOIN) {
		uint8_t what = lp_read_u8(in);
		client_joins(hostile, what, lp_read_u8(in));
	} else if (step == CLOSE && hostile->conn)
		lp_quic_close(hostile->conn, lp_read_u8(in), "enough");
	exchange();
	if (step == WAIT)
		honest_frame_passes(); /* nor does the sender lose its address */
}

static void hostile_begins(bool is_member)
{
	hostile = is_member ? &member : &stranger;
	if (!hostile->conn) {
		client_opens(hostile, is_member ? 4 : 3);
		exchange();
	}
	if (is_member && hostile->conn && !hostile->joined) {
		client_joins(hostile, KEY, 4);
		exchange();
	}
	hostile->stream = -1;
}

/* What the next input begins with is the same as what this one began with, as far as it matters. */
static void hostile_ends(bool touched)
{
	bool keep = hostile == &member ? ++hostile->inputs < INPUTS_MAX : !touched;
	hostile->host = hostile == &member ? 4 : 3;
	hostile->out_count = 0;
	hostile->received = 0;
	if (hostile->conn && !keep)
		lp_quic_close(hostile->conn, LP_LEAVE_NORMAL, "");
	wait_for(PAUSE);
	while (lp_quic_connection_count(relay.quic) > CLOSED_KEPT)
		wait_for(LP_SECOND);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct lp_reader in = lp_reader_of(bytes, len);
	if (!relay.quic)
		relay_starts();
	hostile_begins(len > 0 && bytes[0] >= MEMBER);
	for (int step = 0; step < STEPS_MAX && lp_reader_left(&in) > 0; step++)
		one_step(&in);
	honest_frame_passes();
	hostile_ends(len > 0);
	return 0;
}
