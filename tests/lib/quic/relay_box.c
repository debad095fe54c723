#include "relay_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "lanparty/base/date.h"
#include "lanparty/base/role.h"

#define ROUNDS     200 /* of an exchange of packets, at most */
#define PEM        4096
#define RELAY_HOST 200 /* last byte of its address */
#define IPX        0x8137
#define CALENDAR   INT64_C(1790000000)

void box_require(bool holds)
{
	if (!holds)
		abort();
}

bool box_random(void *bytes, size_t len)
{
	static uint64_t dice = 1;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)dice_roll(&dice);
	return true;
}

uint16_t box_steer(const uint8_t room_key[LP_ROOM_KEY_SIZE])
{
	return lp_get16(room_key);
}

/* From host to host, each the last byte of an address. */
static struct lp_path path_of(uint8_t local, uint8_t remote)
{
	const uint8_t hosts[] = {local, remote};
	struct lp_path path;
	memset(&path, 0, sizeof(path));
	for (int i = 0; i < 2; i++) {
		struct lp_address *a = i ? &path.remote : &path.local;
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(hosts[i] == RELAY_HOST ? 443 : 5000);
		a->in.sin_addr.s_addr = htonl(0x0a000000u | hosts[i]);
		a->len = sizeof(struct sockaddr_in);
	}
	return path;
}

/* ---- the relay */

static enum lp_leave_reason reason_of(const struct lp_quic_close *why)
{
	if (why->end == LP_QUIC_END_IDLE || why->end == LP_QUIC_END_HANDSHAKE)
		return LP_LEAVE_TIMED_OUT;
	return why->end == LP_QUIC_END_PEER ? LP_LEAVE_NORMAL : LP_LEAVE_OTHER;
}

static void note_address(struct lp_session *session, const struct lp_quic_conn *conn)
{
	struct lp_path path;
	lp_quic_get_path(conn, &path);
	lp_hub_set_address(session, &path.remote);
}

static void relay_connected(void *context, struct lp_quic_conn *conn)
{
	struct box *box = context;
	struct lp_session *session = lp_hub_open(
		box->hub, conn, lp_quic_source(conn), lp_quic_datagram_max(conn), box->now);
	box_require(session != NULL);
	lp_quic_set_user(conn, session);
	note_address(session, conn);
	lp_quic_attach(conn, lp_session_source(session), lp_session_sink(session));
}

static void relay_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct box *box = context;
	lp_hub_on_stream(box->hub, lp_quic_user(conn), piece, box->now);
}

static void relay_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct box *box = context;
	note_address(lp_quic_user(conn), conn);
	lp_hub_on_closed(box->hub, lp_quic_user(conn), reason_of(why), box->now);
}

static const struct lp_quic_handler relay_handler = {
	.connected = relay_connected, .stream = relay_stream, .closed = relay_closed};

static void send_message(struct lp_quic_conn *conn, const struct lp_hub_action *a)
{
	enum lp_status status = a->kind == LP_HUB_REPLY
					? lp_quic_send(conn, 0, a->bytes, a->len, true)
					: lp_quic_send_message(conn, a->bytes, a->len);
	if (status == LP_FULL)
		lp_quic_close(conn, LP_LEAVE_TOO_SLOW, "too many events wait for you");
}

static void take_quality(struct lp_session *session, struct lp_quic_conn *conn)
{
	struct lp_quic_info info;
	lp_quic_get_info(conn, &info);
	lp_hub_on_quality(session, (uint32_t)(info.smoothed / 1000), (uint32_t)info.datagrams_lost);
}

/* As the relay's log has it, which nobody reads here. */
static void write_log(const struct lp_hub_action *a)
{
	char line[512], mac[LP_MAC_TEXT] = "";
	const struct lp_member *m = a->session ? lp_session_member(a->session) : NULL;
	if (m)
		lp_mac_format(&m->mac, mac);
	snprintf(line, sizeof(line), "%s %s %s %s %s %s %s", mac, m ? m->name : "",
		lp_role_text(a->role), lp_leave_word(a->leave), lp_reject_word(a->reject),
		lp_act_word(a->act), lp_acted_text(a->acted));
	box_require(strlen(line) > 0);
}

static void do_actions(struct box *box)
{
	struct lp_hub_action a;
	while (lp_hub_next(box->hub, &a)) {
		struct lp_quic_conn *conn = a.session ? lp_session_user(a.session) : NULL;
		if (a.kind == LP_HUB_REPLY || a.kind == LP_HUB_MESSAGE)
			send_message(conn, &a);
		else if (a.kind == LP_HUB_CLOSE)
			lp_quic_close(conn, a.leave, a.text);
		else if (a.kind == LP_HUB_STATS)
			take_quality(a.session, conn);
		else
			write_log(&a);
	}
}

static lp_time heard(void *user)
{
	return lp_quic_heard(user);
}

static bool proves(void *user, const struct lp_hello *hello, uint8_t ret_print[LP_HOST_PRINT])
{
	const struct lp_host_claim claim = {lp_quic_binding(user), hello->room_key, hello->role};
	if (!lp_host_proves(hello->host_key, &claim, hello->host_proof))
		return false;
	lp_host_print(hello->host_key, ret_print);
	return true;
}

/* Here 1970 began when the clock did. */
static bool admits(const uint8_t pass[LP_GUEST_PASS], const uint8_t host_key[LP_HOST_KEY_SIZE],
	lp_time now, lp_time *ret_end)
{
	if (!lp_guest_is_signed(host_key, pass))
		return false;
	*ret_end = lp_guest_end(pass) * LP_SECOND;
	return *ret_end > 0 || now > 0;
}

static bool find(
	void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], struct lp_hosted *ret_hosted)
{
	const struct box *box = context;
	bool known = memcmp(box->hosted_key, room_key, LP_ROOM_KEY_SIZE) == 0;
	*ret_hosted = known ? box->hosted : (struct lp_hosted){.locked = false};
	return true;
}

static bool keep(
	void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], const struct lp_hosted *hosted)
{
	struct box *box = context;
	memcpy(box->hosted_key, room_key, LP_ROOM_KEY_SIZE);
	box->hosted = *hosted;
	return true;
}

static void trace(void *context, const struct lp_session *session, const struct lp_verdict *verdict)
{
	(void)context;
	box_require(session != NULL && verdict->drop < LP_DROP_COUNT);
}

static struct lp_identity *read_identity(void)
{
	static char cert[PEM], key[PEM];
	const char *error = NULL;
	struct lp_identity *made = lp_identity_new("relay.example", CALENDAR);
	box_require(made && lp_identity_pem(made, cert, sizeof(cert), key, sizeof(key)));
	lp_identity_free(made);
	struct lp_identity *read = lp_identity_load(cert, strlen(cert), key, strlen(key), &error);
	struct lp_identity *copy = lp_identity_copy(read); /* each worker has one */
	struct lp_dates dates;
	char date[LP_DATE_TEXT];
	box_require(copy && lp_identity_dates(copy, &dates));
	lp_date_format(dates.until, date);
	lp_identity_free(read);
	return copy;
}

void box_open(struct box *box)
{
	struct lp_hub_config hub = {.rooms = {.max_clients = 8,
					    .max_rooms = 2,
					    .limits = {.client_rate = 100000,
						    .client_burst = 20000,
						    .broadcast_rate = 50,
						    .broadcast_burst = 8,
						    .unknown_rate = 50,
						    .unknown_burst = 8,
						    .join_rate = 50,
						    .join_burst = 100,
						    .open_rate = 300},
					    .book = {find, keep, box}},
		.frames = 256,
		.keep_alive_ms = 3000,
		.idle_timeout_ms = 15000,
		.random = box_random,
		.proves = proves,
		.admits = admits,
		.heard = heard,
		.steer = box_steer,
		.trace = trace,
		.trace_context = box};
	box_require(lp_filter_allow(&hub.filter, IPX));
	box->now = LP_SECOND;
	box->identity = read_identity();
	box_require(box->identity != NULL);
	struct lp_quic_config quic = {.handler = &relay_handler,
		.context = box,
		.retry_from = 1,
		.handshake_rate = 100,
		.handshake_burst = 200};
	box_require(lp_identity_secret(box->identity, "reset", quic.secret));
	box->hub = lp_hub_new(&hub);
	box->quic = lp_quic_new(&quic, box->identity);
	box_require(box->hub && box->quic);
}

void box_close(struct box *box)
{
	lp_hub_shutdown(box->hub);
	box_exchange(box);
	lp_quic_free(box->quic);
	lp_hub_free(box->hub);
	lp_identity_free(box->identity);
	memset(box, 0, sizeof(*box));
}

/* ---- a client */

static bool next_datagram(struct lp_datagram_source *source, size_t max, bool bulk, lp_time now,
	struct lp_datagram *ret_datagram)
{
	struct box_client *c = (struct box_client *)source;
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
	((struct box_client *)source)->out_count--;
}

static void datagram_acked(struct lp_datagram_source *source, uint64_t tag)
{
	(void)source;
	(void)tag;
}

static void datagram_lost(struct lp_datagram_source *source, uint64_t tag, lp_time now)
{
	(void)now;
	datagram_acked(source, tag);
}

static void path_changed(struct lp_datagram_source *source, size_t max)
{
	datagram_acked(source, max);
}

static const struct lp_datagram_source_ops source_ops = {
	next_datagram, datagram_sent, datagram_acked, datagram_lost, path_changed};

static void take_datagram(
	struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now)
{
	struct box_client *c =
		(struct box_client *)(void *)((char *)sink - offsetof(struct box_client, sink));
	struct lp_overlay overlay;
	(void)now;
	box_require(lp_overlay_decode(bytes, len, &overlay) == LP_DROP_NONE);
	box_require(overlay.room == c->welcome.room && overlay.peer != c->welcome.peer);
	c->received += overlay.peer == c->counted;
}

static void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct box_client *c = context;
	lp_quic_attach(conn, &c->source, &c->sink);
}

static void on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct box_client *c = context;
	struct lp_control message;
	size_t used;
	(void)conn;
	if (piece->stream != LP_STREAM_HELLO || piece->len > sizeof(c->reply) - c->reply_len)
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
	struct box_client *c = context;
	(void)conn;
	(void)why;
	c->conn = NULL;
}

static const struct lp_quic_handler client_handler = {
	.connected = on_connected, .stream = on_stream, .closed = on_closed};

static void add_client(struct box *box, struct box_client *c)
{
	const struct lp_quic_config config = {.handler = &client_handler, .context = c};
	box_require(box->count < BOX_CLIENTS);
	c->quic = lp_quic_new(&config, NULL);
	box_require(c->quic != NULL);
	box->clients[box->count++] = c;
}

void box_connect(struct box *box, struct box_client *c, uint8_t host)
{
	uint8_t pin[1][32];
	enum lp_status status;
	if (!c->quic)
		add_client(box, c);
	box_require(c->conn == NULL);
	*c = (struct box_client){.source = {.ops = &source_ops},
		.sink = {take_datagram},
		.quic = c->quic,
		.host = host,
		.counted = c->counted,
		.stream = -1};
	lp_identity_pin(box->identity, pin[0]);
	pin[0][0] ^= box->pin_is_wrong;
	const struct lp_quic_target target = {.path = path_of(host, RELAY_HOST),
		.server_name = "relay.example",
		.pins = (const uint8_t(*)[32])pin,
		.pin_count = 1};
	c->conn = lp_quic_connect(c->quic, &target, NULL, box->now, &status);
	box_require(c->conn != NULL);
}

void box_say(struct box_client *c, const uint8_t *bytes, size_t len, bool fin)
{
	if (c->conn && (c->stream >= 0 || lp_quic_open(c->conn, &c->stream) == LP_OK))
		lp_quic_send(c->conn, c->stream, bytes, len, fin);
}

void box_tell(struct box_client *c, const struct lp_control *message)
{
	uint8_t bytes[LP_CONTROL_HEAD + LP_CONTROL_MAX];
	size_t len = lp_control_encode(message, bytes, sizeof(bytes));
	box_require(len > 0);
	if (message->type == LP_HELLO)
		box_say(c, bytes, len, true);
	else if (c->conn)
		lp_quic_send_message(c->conn, bytes, len);
}

void box_queue(struct box_client *c, const uint8_t *bytes, size_t len)
{
	if (!c->conn || len == 0 || c->out_count == BOX_DATAGRAMS || len > LP_DATAGRAM_MAX)
		return;
	memcpy(c->out[c->out_count], bytes, len);
	c->out_len[c->out_count++] = len;
	lp_datagram_source_wake(&c->source);
}

/* ---- the network */

static struct box_client *client_at(const struct box *box, const struct lp_path *path)
{
	uint8_t host = (uint8_t)(ntohl(path->remote.in.sin_addr.s_addr) & 0xff);
	for (size_t i = 0; i < box->count; i++)
		if (box->clients[i]->host == host)
			return box->clients[i];
	return NULL;
}

void box_packet(struct box *box, uint8_t host, const uint8_t *bytes, size_t len)
{
	struct lp_path path = path_of(RELAY_HOST, host);
	lp_quic_read(box->quic, &path, bytes, len, box->now);
}

static bool client_sends(struct box *box, struct box_client *c)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	if (c->deaf)
		return false;
	size_t len = lp_quic_write(c->quic, bytes, sizeof(bytes), &path, box->now);
	if (len > 0)
		box_packet(box, c->host, bytes, len);
	return len > 0;
}

static bool relay_sends(struct box *box)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	do_actions(box);
	size_t len = lp_quic_write(box->quic, bytes, sizeof(bytes), &path, box->now);
	struct box_client *to = len > 0 ? client_at(box, &path) : NULL;
	if (to && to->lose > 0) {
		to->lose--;
	} else if (to && !to->deaf) {
		path = path_of(to->host, RELAY_HOST);
		lp_quic_read(to->quic, &path, bytes, len, box->now);
	}
	return len > 0;
}

void box_exchange(struct box *box)
{
	bool any = true;
	for (int round = 0; any && round < ROUNDS; round++) {
		any = relay_sends(box);
		for (size_t i = 0; i < box->count; i++)
			any = client_sends(box, box->clients[i]) || any;
	}
}

void box_wait(struct box *box, lp_time duration)
{
	box->now += duration;
	lp_hub_on_time(box->hub, box->now);
	lp_quic_on_time(box->quic, box->now);
	for (size_t i = 0; i < box->count; i++)
		if (!box->clients[i]->deaf)
			lp_quic_on_time(box->clients[i]->quic, box->now);
	box_exchange(box);
}
