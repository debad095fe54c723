#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/udp.h"

#define JOIN_TIMEOUT (5 * LP_SECOND)

struct rig {
	struct lp_quic *quic;
	struct lp_udp *udp;
	struct lp_waiter waiter;
	struct lp_path path;
	uint8_t pin[1][LP_PIN_SIZE];
	lp_time now;
	bool steered;
	uint16_t steer;
};

static void fail(const char *what, const char *detail)
{
	fprintf(stderr, "rig: %s: %s\n", what, detail);
	exit(1);
}

static void on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct rig_peer *peer = lp_quic_user(conn);
	struct lp_control message;
	size_t used;
	(void)context;
	/* An event almost always arrives in one piece; nothing here depends on the others. */
	if (piece->stream != 0 && piece->fin &&
		lp_control_decode(piece->bytes, piece->len, &message, &used) == LP_OK)
		peer->heard_joined += message.type == LP_PEER_JOINED;
	if (piece->stream != 0 || peer->state != RIG_HELLO ||
		piece->len > sizeof(peer->reply) - peer->reply_len)
		return;
	memcpy(peer->reply + peer->reply_len, piece->bytes, piece->len);
	peer->reply_len += piece->len;
	if (lp_control_decode(peer->reply, peer->reply_len, &message, &used) != LP_OK)
		return;
	if (message.type == LP_WELCOME) {
		peer->welcome = message.welcome;
		peer->state = RIG_JOINED;
	} else if (message.type == LP_REJECT) {
		peer->state = RIG_REJECTED;
		peer->reject = message.reject.reason;
		peer->steer = message.reject.steer;
	}
}

static void on_datagram(
	struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now)
{
	struct rig_peer *peer =
		(struct rig_peer *)(void *)((char *)sink - offsetof(struct rig_peer, sink));
	struct lp_overlay overlay;
	if (lp_overlay_decode(bytes, len, &overlay) != LP_DROP_NONE)
		fail("the relay sent", "a datagram that does not decode");
	if (overlay.type == LP_OVERLAY_WHOLE) {
		peer->received++;
		peer->received_bytes += overlay.len;
		if (peer->on_frame)
			peer->on_frame(peer, overlay.peer, overlay.bytes, overlay.len);
		return;
	}
	struct lp_frame *frame = lp_reassembly_add(&peer->reassembly, peer->pool, &overlay, now);
	if (!frame)
		return;
	peer->received++;
	peer->received_bytes += frame->len;
	if (peer->on_frame)
		peer->on_frame(peer, overlay.peer, frame->bytes, frame->len);
	lp_frame_drop(peer->pool, frame);
}

static struct rig_peer *peer_of(struct lp_datagram_source *source)
{
	return (struct rig_peer *)(void *)((char *)source - offsetof(struct rig_peer, source));
}

static bool peek(struct lp_datagram_source *source, size_t max, bool bulk, lp_time now,
	struct lp_datagram *ret_datagram)
{
	struct rig_peer *peer = peer_of(source);
	(void)bulk;
	(void)now;
	while (peer->count) {
		const struct rig_datagram *d = &peer->queue[peer->head];
		if (d->len && d->len <= max) {
			ret_datagram->header_len = 0;
			ret_datagram->tag = 0;
			ret_datagram->bytes = d->bytes;
			ret_datagram->len = d->len;
			ret_datagram->last = peer->count == 1;
			return true;
		}
		peer->head = (peer->head + 1) % RIG_QUEUE;
		peer->count--;
	}
	return false;
}

static void pop(struct lp_datagram_source *source)
{
	struct rig_peer *peer = peer_of(source);
	peer->head = (peer->head + 1) % RIG_QUEUE;
	peer->count--;
	peer->sent++;
}

static void acked(struct lp_datagram_source *source, uint64_t tag)
{
	(void)source;
	(void)tag;
}

static void lost(struct lp_datagram_source *source, uint64_t tag, lp_time now)
{
	(void)source;
	(void)tag;
	(void)now;
}

static void path(struct lp_datagram_source *source, size_t max)
{
	(void)source;
	(void)max;
}

static const struct lp_datagram_source_ops source_ops = {peek, pop, acked, lost, path};

static void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct rig_peer *peer = lp_quic_user(conn);
	struct lp_control message = {.type = LP_HELLO, .hello = peer->hello};
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	int64_t stream;
	(void)context;
	peer->source.ops = &source_ops;
	peer->sink.take = on_datagram;
	lp_quic_attach(conn, &peer->source, &peer->sink);
	if (!peer->hello.role) {
		peer->state = RIG_JOINED;
		return;
	}
	peer->state = RIG_HELLO;
	size_t len = lp_control_encode(&message, bytes, sizeof(bytes));
	if (lp_quic_open(conn, &stream) == LP_OK)
		lp_quic_send(conn, stream, bytes, len, true);
}

static void on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct rig_peer *peer = lp_quic_user(conn);
	(void)context;
	if (!peer)
		return;
	peer->conn = NULL;
	peer->state = RIG_CLOSED;
	peer->why = *why;
}

static const struct lp_quic_handler handler = {
	.connected = on_connected,
	.stream = on_stream,
	.closed = on_closed,
};

static void read_pin(const char *der_file, uint8_t pin[LP_PIN_SIZE])
{
	static uint8_t der[8192];
	FILE *in = fopen(der_file, "rb");
	size_t len = in ? fread(der, 1, sizeof(der), in) : 0;
	if (!len)
		fail("cannot read the certificate", der_file);
	fclose(in);
	lp_sha256(der, len, pin);
}

struct rig *rig_open(const char *relay, const char *der_file)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct lp_listen to;
	enum lp_exit code;
	if (!rig || !lp_listen_parse(relay, &to))
		fail("not an address with a port", relay);
	read_pin(der_file, rig->pin[0]);
	rig->udp = lp_udp_client(to.address.sa.sa_family, &code);
	struct lp_quic_config config = {.handler = &handler, .context = rig};
	rig->quic = lp_quic_new(&config, NULL);
	lp_waiter_open(&rig->waiter);
	if (!rig->udp || !rig->quic || !lp_waiter_add(&rig->waiter, lp_udp_fd(rig->udp)))
		fail("cannot start", "no socket, or no TLS");
	struct lp_address local;
	lp_udp_local(rig->udp, &local);
	rig->path = (struct lp_path){local, to.address};
	rig->now = lp_clock();
	return rig;
}

void rig_rebind(struct rig *rig)
{
	enum lp_exit code;
	struct lp_udp *fresh = lp_udp_client(rig->path.remote.sa.sa_family, &code);
	if (!fresh || !lp_waiter_add(&rig->waiter, lp_udp_fd(fresh)))
		fail("cannot start", "no other socket");
	lp_udp_close(rig->udp);
	rig->udp = fresh;
}

void rig_steer(struct rig *rig, uint16_t steer)
{
	rig->steered = true;
	rig->steer = steer;
}

void rig_close(struct rig *rig)
{
	lp_quic_free(rig->quic);
	lp_udp_close(rig->udp);
	lp_waiter_close(&rig->waiter);
	free(rig);
}

void rig_hello(struct lp_hello *hello, enum lp_role role, const char *text, uint8_t number)
{
	struct lp_code code;
	memset(hello, 0, sizeof(*hello));
	if (lp_code_parse(text, &code) != LP_OK || !lp_room_key(&code, hello->room_key))
		fail("not a room code", text);
	hello->version_min = hello->version_max = LP_PROTOCOL_VERSION;
	hello->role = role;
	hello->datagram_budget = LP_DATAGRAM_MAX;
	hello->mtu = LP_ETH_MTU;
	hello->capabilities = LP_CAP_FRAGMENTS;
	if (role == LP_ROLE_CLIENT)
		hello->mac = (struct lp_mac){{2, 0, 0, 0, 0, number}};
	snprintf(hello->name, sizeof(hello->name), "rig-%u", number);
}

void rig_read_key(const char *path, struct lp_host_key *ret_key)
{
	char text[LP_HOST_PEM_MAX];
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(text, 1, sizeof(text), file) : 0;
	if (!file || lp_host_key_parse(text, len, ret_key))
		fail("no host key in", path);
	fclose(file);
	lp_zero(text, sizeof(text));
}

struct rig_peer *rig_peer_new(struct rig *rig, const struct lp_hello *hello)
{
	struct rig_peer *peer = calloc(1, sizeof(*peer));
	enum lp_status status = LP_NO_MEMORY;
	if (peer) {
		peer->rig = rig;
		peer->queue = calloc(RIG_QUEUE, sizeof(*peer->queue));
		peer->pool = lp_pool_new(LP_REASSEMBLY_SLOTS + 1);
		if (hello)
			peer->hello = *hello;
		struct lp_quic_target target = {.path = rig->path,
			.pins = (const uint8_t(*)[LP_PIN_SIZE])rig->pin,
			.pin_count = 1};
		if (hello)
			target.steer = lp_room_steer(hello->room_key);
		if (rig->steered)
			target.steer = rig->steer;
		peer->conn = lp_quic_connect(rig->quic, &target, peer, rig->now, &status);
	}
	if (!peer || !peer->queue || !peer->pool || !peer->conn)
		fail("cannot connect", lp_status_text(status));
	return peer;
}

void rig_peer_free(struct rig_peer *peer)
{
	if (peer->conn) {
		lp_quic_set_user(peer->conn, NULL);
		lp_quic_close(peer->conn, LP_LEAVE_NORMAL, "");
	}
	lp_reassembly_clear(&peer->reassembly, peer->pool);
	lp_pool_free(peer->pool);
	free(peer->queue);
	free(peer);
}

bool rig_send_bytes(struct rig_peer *peer, const uint8_t *bytes, size_t len)
{
	if (peer->count == RIG_QUEUE || len > LP_DATAGRAM_MAX || !peer->conn)
		return false;
	struct rig_datagram *d = &peer->queue[(peer->head + peer->count++) % RIG_QUEUE];
	d->len = len;
	memcpy(d->bytes, bytes, len);
	lp_datagram_source_wake(&peer->source);
	return true;
}

bool rig_send_frame(struct rig_peer *peer, const uint8_t *frame, size_t len)
{
	uint8_t bytes[LP_DATAGRAM_MAX];
	struct lp_overlay overlay = {
		.type = LP_OVERLAY_WHOLE, .peer = peer->welcome.peer, .room = peer->welcome.room};
	if (len > LP_ETH_FRAME_MAX || !peer->conn)
		return false;
	if (LP_OVERLAY_HEADER + len <= lp_quic_datagram_max(peer->conn)) {
		size_t head = lp_overlay_encode(&overlay, bytes);
		memcpy(bytes + head, frame, len);
		return rig_send_bytes(peer, bytes, head + len);
	}
	overlay.frame_id = peer->frame_id++;
	overlay.frame_len = (uint16_t)len;
	size_t first = (len + 1) / 2;
	overlay.type = LP_OVERLAY_FIRST;
	size_t head = lp_overlay_encode(&overlay, bytes);
	memcpy(bytes + head, frame, first);
	if (!rig_send_bytes(peer, bytes, head + first))
		return false;
	overlay.type = LP_OVERLAY_SECOND;
	head = lp_overlay_encode(&overlay, bytes);
	memcpy(bytes + head, frame + first, len - first);
	return rig_send_bytes(peer, bytes, head + len - first);
}

static void on_packet(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	struct rig *rig = context;
	(void)path;
	lp_quic_read(rig->quic, &rig->path, bytes, len, rig->now);
}

static void turn(struct rig *rig)
{
	struct lp_path path;
	size_t len;
	rig->now = lp_clock();
	for (int i = 0; i < 4 && lp_udp_receive(rig->udp, on_packet, rig); i++)
		;
	lp_quic_on_time(rig->quic, rig->now);
	for (;;) {
		len = lp_quic_write(
			rig->quic, lp_udp_slot(rig->udp), LP_UDP_PACKET_MAX, &path, rig->now);
		if (!len)
			break;
		lp_udp_put(rig->udp, &path, len);
	}
	lp_udp_flush(rig->udp);
}

bool rig_run(struct rig *rig, lp_time how_long, bool (*done)(void *), void *context)
{
	lp_time end = lp_clock() + how_long;
	for (;;) {
		turn(rig);
		if (done && done(context))
			return true;
		if (rig->now >= end)
			return false;
		lp_time deadline = lp_quic_deadline(rig->quic);
		int ready;
		lp_wait(&rig->waiter, deadline < end ? deadline : end, &ready, 1);
	}
}

void rig_send_packet(struct rig *rig, const uint8_t *bytes, size_t len)
{
	memcpy(lp_udp_slot(rig->udp), bytes, len);
	lp_udp_put(rig->udp, &rig->path, len);
}

static bool settled(void *context)
{
	const struct rig_peer *peer = context;
	return peer->state >= RIG_JOINED;
}

bool rig_join(struct rig_peer *peer)
{
	rig_run(peer->rig, JOIN_TIMEOUT, settled, peer);
	return peer->state == RIG_JOINED;
}

struct rig_peer *rig_enter(struct rig *rig, const struct lp_hello *hello)
{
	for (int tries = 0; tries < 60; tries++) {
		struct rig_peer *peer = rig_peer_new(rig, hello);
		if (rig_join(peer))
			return peer;
		bool busy = peer->state == RIG_REJECTED && peer->reject == LP_REJECT_BUSY;
		bool unanswered = peer->state != RIG_REJECTED;
		rig_peer_free(peer);
		if (!busy && !unanswered)
			break;
		rig_run(rig, LP_SECOND, NULL, NULL);
	}
	return NULL;
}
