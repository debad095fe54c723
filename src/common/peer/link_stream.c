#include "link_private.h"

#include "lanparty/edge/log.h"
#include "lanparty/peer/proxy.h"

void lp_link_note_stream(
	struct lp_link *l, const struct lp_way *w, const struct lp_stream_failure *failure)
{
	const struct lp_stream_ending ending = {&w->entry.address, w->entry.endpoint, failure};
	struct lp_fault fault = {.exit = LP_EXIT_UNAVAILABLE,
		.end = {.end = LP_QUIC_END_HANDSHAKE,
			.failure = failure->failure,
			.stream = true,
			.stream_failure = *failure}};
	fault.end.stream_failure.proxy = lp_proxy_leads_to(l->config.options, w->entry.endpoint);
	lp_tell_stream(l->config.options, &ending, fault.text, sizeof(fault.text));
	lp_log(LP_LOG_DEBUG, "stream_failed", "end=%d reason=%s", (int)failure->end, fault.text);
	lp_faults_note(&l->faults, w->entry.endpoint, &fault);
	lp_race_hurry(&l->race, true, l->now);
}

/* The connection to the relay has lost its stream. The relay keeps the membership for a while. */
static void lose_joined(
	struct lp_link *l, struct lp_way *w, const struct lp_stream_failure *failure)
{
	const struct lp_stream_ending ending = {&w->entry.address, w->entry.endpoint, failure};
	struct lp_fault fault = {.exit = LP_EXIT_UNAVAILABLE,
		.end = {.answered = true,
			.rtt = l->last.rtt,
			.end = LP_QUIC_END_IDLE,
			.stream = true,
			.stream_failure = *failure}};
	lp_tell_stream(l->config.options, &ending, fault.text, sizeof(fault.text));
	lp_quic_close(w->conn, LP_LEAVE_OTHER, "the stream has ended");
	lp_link_lose(l, &fault);
}

void lp_link_on_stream_failure(
	struct lp_link *l, unsigned way, const struct lp_stream_failure *failure, lp_time now)
{
	struct lp_way *w = &l->ways[way];
	bool opening = w->use == WAY_OPENING;
	lp_link_advance(l, now);
	w->use = WAY_PLAIN; /* lp_link_flush closes it */
	lp_quic_release(l->quic);
	if (w == l->joined) {
		lose_joined(l, w, failure);
		return;
	}
	if (w->conn)
		lp_quic_close(w->conn, LP_LEAVE_OTHER, "the stream has ended");
	if (l->trying && (opening || w->conn))
		lp_link_note_stream(l, w, failure);
}

void lp_link_on_open(struct lp_link *l, unsigned way, lp_time now)
{
	struct lp_way *w = &l->ways[way];
	lp_link_advance(l, now);
	if (w->use != WAY_OPENING)
		return;
	w->use = WAY_PLAIN;
	lp_link_connect(l, w);
}

void lp_link_on_payload(
	struct lp_link *l, unsigned way, const uint8_t *bytes, size_t len, lp_time now)
{
	lp_link_advance(l, now);
	if (l->ways[way].open)
		lp_quic_read(l->quic, &l->ways[way].path, bytes, len, now);
}

void lp_link_on_ready(struct lp_link *l)
{
	lp_quic_release(l->quic);
}

void lp_link_streams_on_time(struct lp_link *l)
{
	static const struct lp_stream_failure slow = {.end = LP_STREAM_SLOW};
	for (unsigned i = 0; i < LP_LINK_WAYS; i++) {
		struct lp_way *w = &l->ways[i];
		if (w->use == WAY_OPENING && l->now >= w->until)
			lp_link_on_stream_failure(l, i, &slow, l->now);
		else if (w->use == WAY_LEFT && l->now >= w->until)
			w->use = WAY_PLAIN;
	}
}

lp_time lp_link_streams_deadline(const struct lp_link *l)
{
	lp_time deadline = LP_NEVER;
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		if (l->ways[i].use == WAY_OPENING || l->ways[i].use == WAY_LEFT)
			deadline = lp_sooner(deadline, l->ways[i].until);
	return deadline;
}
