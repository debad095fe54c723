#include "stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/quic/quic.h"
#include "dirty.h"
#include "quic_test.h"
#include "state.h"

#include "lanparty/base/wipe.h"

/* Bytes of LP_QUIC_PENDING_MAX that each message costs beside its own, so that many tiny messages are
 * bounded, too. */
#define LP_OUT_COST sizeof(struct lp_out)

static bool wants_to_write(const struct lp_out *out)
{
	return !out->blocked && (out->written < out->queued || (out->fin && !out->fin_written));
}

/* Each change that can change the result of wants_to_write stands between begin and end, which keep
 * conn->unsent right. */
static void begin(struct lp_quic_conn *conn, const struct lp_out *out)
{
	if (wants_to_write(out))
		conn->unsent--;
}

static void end(struct lp_quic_conn *conn, const struct lp_out *out)
{
	if (wants_to_write(out))
		conn->unsent++;
}

static struct lp_out *out_new(struct lp_quic_conn *conn, int64_t id)
{
	struct lp_out *out = calloc(1, sizeof *out);
	if (!out)
		return NULL;
	out->id = id;
	lp_list_append(&conn->outs, &out->link);
	conn->pending += LP_OUT_COST;
	return out;
}

static void drop_first_chunk(struct lp_quic_conn *conn, struct lp_out *out)
{
	struct lp_chunk *chunk = out->first;
	out->first = chunk->next;
	if (!out->first)
		out->last = NULL;
	out->start += chunk->len;
	conn->pending -= chunk->len;
	lp_zero_free(chunk, sizeof *chunk + chunk->len); /* a hello has the room's key */
}

static void out_free(struct lp_quic_conn *conn, struct lp_out *out)
{
	begin(conn, out);
	while (out->first)
		drop_first_chunk(conn, out);
	conn->pending -= LP_OUT_COST;
	lp_list_remove(&out->link);
	free(out);
}

void lp_outs_clear(struct lp_quic_conn *conn)
{
	struct lp_node *link;
	while ((link = lp_list_first(&conn->outs)))
		out_free(conn, LP_ELEMENT(link, struct lp_out, link));
}

static enum lp_status append(
	struct lp_quic_conn *conn, struct lp_out *out, const uint8_t *bytes, size_t len, bool fin)
{
	struct lp_chunk *chunk = NULL;
	if (len > 0) {
		chunk = malloc(sizeof *chunk + len);
		if (!chunk)
			return LP_NO_MEMORY;
		chunk->next = NULL;
		chunk->len = len;
		memcpy(chunk->bytes, bytes, len);
	}
	begin(conn, out);
	if (chunk) {
		if (out->last)
			out->last->next = chunk;
		else
			out->first = chunk;
		out->last = chunk;
		out->queued += len;
		conn->pending += len;
	}
	out->fin = out->fin || fin;
	end(conn, out);
	lp_conn_mark_dirty(conn, true);
	return LP_OK;
}

static struct lp_out *find(struct lp_quic_conn *conn, int64_t id)
{
	for (struct lp_node *at = conn->outs.next; at != &conn->outs; at = at->next) {
		struct lp_out *out = LP_ELEMENT(at, struct lp_out, link);
		if (out->id == id)
			return out;
	}
	return NULL;
}

static bool fits(const struct lp_quic_conn *conn, size_t len)
{
	return conn->pending <= LP_QUIC_PENDING_MAX && len <= LP_QUIC_PENDING_MAX - conn->pending;
}

enum lp_status lp_quic_open(struct lp_quic_conn *conn, int64_t *ret_stream)
{
	if (conn->ending)
		return LP_CLOSED;
	if (!fits(conn, LP_OUT_COST))
		return LP_FULL;
	struct lp_out *out = out_new(conn, -1);
	if (!out)
		return LP_NO_MEMORY;
	int64_t id;
	int rv = ngtcp2_conn_open_bidi_stream(conn->nc, &id, out);
	if (rv != 0) {
		out_free(conn, out);
		return rv == NGTCP2_ERR_STREAM_ID_BLOCKED ? LP_FULL : LP_NO_MEMORY;
	}
	out->id = id;
	*ret_stream = id;
	return LP_OK;
}

enum lp_status lp_quic_send(
	struct lp_quic_conn *conn, int64_t stream, const uint8_t *bytes, size_t len, bool fin)
{
	if (conn->ending)
		return LP_CLOSED;
	struct lp_out *out = stream < 0 ? NULL : find(conn, stream);
	if (!out || out->fin)
		return LP_CLOSED;
	if (!fits(conn, len))
		return LP_FULL;
	return append(conn, out, bytes, len, fin);
}

enum lp_status lp_quic_send_message(struct lp_quic_conn *conn, const uint8_t *bytes, size_t len)
{
	if (conn->ending)
		return LP_CLOSED;
	if (!fits(conn, len + LP_OUT_COST))
		return LP_FULL;
	struct lp_out *out = out_new(conn, -1); /* lp_outs_open opens its stream */
	if (!out)
		return LP_NO_MEMORY;
	enum lp_status status = append(conn, out, bytes, len, true);
	if (status != LP_OK)
		out_free(conn, out);
	return status;
}

void lp_quic_break_stream(struct lp_quic_conn *conn, int64_t stream)
{
	ngtcp2_conn_shutdown_stream(conn->nc, 0, stream, 1);
	lp_conn_mark_dirty(conn, true);
}

struct lp_out *lp_out_next(struct lp_quic_conn *conn)
{
	if (conn->unsent == 0)
		return NULL;
	for (struct lp_node *at = conn->outs.next; at != &conn->outs; at = at->next) {
		struct lp_out *out = LP_ELEMENT(at, struct lp_out, link);
		if (out->id >= 0 && wants_to_write(out))
			return out;
	}
	return NULL;
}

void lp_outs_open(struct lp_quic_conn *conn)
{
	if (conn->unsent == 0)
		return;
	for (struct lp_node *at = conn->outs.next; at != &conn->outs; at = at->next) {
		struct lp_out *out = LP_ELEMENT(at, struct lp_out, link);
		int64_t id;
		if (out->id >= 0)
			continue;
		if (ngtcp2_conn_open_uni_stream(conn->nc, &id, out) != 0)
			return; /* messages keep their order */
		out->id = id;
	}
}

void lp_out_written(struct lp_quic_conn *conn, struct lp_out *out, size_t len)
{
	begin(conn, out);
	out->written += len;
	if (out->fin && out->written == out->queued)
		out->fin_written = true;
	end(conn, out);
}

void lp_out_blocked(struct lp_quic_conn *conn, struct lp_out *out)
{
	begin(conn, out);
	out->blocked = true;
	conn->any_blocked = true;
}

void lp_out_abandon(struct lp_quic_conn *conn, struct lp_out *out)
{
	begin(conn, out);
	out->fin = out->fin_written = true;
	out->written = out->queued;
}

void lp_outs_unblock(struct lp_quic_conn *conn)
{
	if (!conn->any_blocked)
		return;
	conn->any_blocked = false;
	for (struct lp_node *at = conn->outs.next; at != &conn->outs; at = at->next) {
		struct lp_out *out = LP_ELEMENT(at, struct lp_out, link);
		begin(conn, out);
		out->blocked = false;
		end(conn, out);
	}
}

static void incoming_add(struct lp_quic_conn *conn, int64_t stream)
{
	/* Flow control keeps the QUIC peer from having more. */
	assert(conn->incoming_count < LP_INCOMING_MAX);
	conn->incoming[conn->incoming_count++] = (struct lp_incoming){stream, conn->q->now, false};
}

static void incoming_remove(struct lp_quic_conn *conn, int64_t stream)
{
	size_t at = 0;
	while (at < conn->incoming_count && conn->incoming[at].stream != stream)
		at++;
	if (at == conn->incoming_count)
		return;
	conn->incoming_count--;
	memmove(&conn->incoming[at], &conn->incoming[at + 1],
		(conn->incoming_count - at) * sizeof conn->incoming[0]);
}

bool lp_incoming_is_late(struct lp_quic_conn *conn)
{
	lp_time pause = conn->q->now - conn->heard;
	for (size_t i = 0; i < conn->incoming_count && pause > LP_QUIC_PAUSE_MAX; i++) {
		struct lp_incoming *incoming = &conn->incoming[i];
		if (incoming->since == conn->q->now || incoming->excused)
			continue;
		incoming->since += pause - LP_QUIC_PAUSE_MAX;
		incoming->excused = true;
	}
	return conn->incoming_count > 0 &&
	       conn->q->now - conn->incoming[0].since >= LP_QUIC_INCOMPLETE_MAX;
}

static int on_stream_data(ngtcp2_conn *nc, uint32_t flags, int64_t stream, uint64_t offset,
	const uint8_t *bytes, size_t len, void *user, void *stream_user)
{
	struct lp_quic_conn *conn = user;
	(void)offset;
	(void)stream_user;
	conn->carried += len;
	if (!conn->ending)
		conn->q->handler->stream(conn->q->context, conn,
			&(struct lp_piece){
				stream, bytes, len, (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0});
	ngtcp2_conn_extend_max_offset(nc, len);
	int rv = ngtcp2_conn_extend_max_stream_offset(nc, stream, len);
	return rv == 0 || rv == NGTCP2_ERR_STREAM_NOT_FOUND ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

/* The handler sees a reset as the end of the stream. */
static int on_stream_reset(ngtcp2_conn *nc, int64_t stream, uint64_t final_size,
	uint64_t app_error_code, void *user, void *stream_user)
{
	struct lp_quic_conn *conn = user;
	(void)nc;
	(void)final_size;
	(void)app_error_code;
	(void)stream_user;
	if (!conn->ending)
		conn->q->handler->stream(
			conn->q->context, conn, &(struct lp_piece){stream, NULL, 0, true});
	return 0;
}

static int on_acked(ngtcp2_conn *nc, int64_t stream, uint64_t offset, uint64_t len, void *user,
	void *stream_user)
{
	struct lp_quic_conn *conn = user;
	struct lp_out *out = stream_user;
	(void)nc;
	(void)stream;
	while (out && out->first && out->start + out->first->len <= offset + len)
		drop_first_chunk(conn, out);
	return 0;
}

static int on_stream_close(ngtcp2_conn *nc, uint32_t flags, int64_t stream, uint64_t app_error_code,
	void *user, void *stream_user)
{
	struct lp_quic_conn *conn = user;
	struct lp_out *out = stream_user;
	(void)flags;
	(void)app_error_code;
	if (out)
		out_free(conn, out);
	if (!ngtcp2_is_bidi_stream(stream) && !ngtcp2_conn_is_local_stream2(nc, stream)) {
		incoming_remove(conn, stream);
		ngtcp2_conn_extend_max_streams_uni(nc, 1);
	}
	return 0;
}

/* A bidirectional stream of the QUIC peer needs an out for the answer. */
static int on_stream_open(ngtcp2_conn *nc, int64_t stream, void *user)
{
	struct lp_quic_conn *conn = user;
	if (!ngtcp2_is_bidi_stream(stream)) {
		if (conn->server)
			incoming_add(conn, stream);
		return 0;
	}
	struct lp_out *out = out_new(conn, stream);
	conn->starved = !out;
	if (!out || ngtcp2_conn_set_stream_user_data(nc, stream, out) != 0)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	return 0;
}

void lp_stream_callbacks(ngtcp2_callbacks *callbacks)
{
	callbacks->recv_stream_data = on_stream_data;
	callbacks->stream_reset = on_stream_reset;
	callbacks->acked_stream_data_offset = on_acked;
	callbacks->stream_close = on_stream_close;
	callbacks->stream_open = on_stream_open;
}
