#include "summary.h"

#include "lanparty/edge/log.h"

static void add_hub(struct lp_hub_counters *sum, const struct lp_hub_counters *more)
{
	sum->joins += more->joins;
	sum->rejects += more->rejects;
	sum->leaves += more->leaves;
	sum->frames_in += more->frames_in;
	sum->copies += more->copies;
	sum->retransmitted += more->retransmitted;
	for (size_t i = 0; i < LP_DROP_COUNT; i++) {
		sum->drops[i] += more->drops[i];
		sum->copy_drops[i] += more->copy_drops[i];
	}
}

static void add_quic(struct lp_quic_counters *sum, const struct lp_quic_counters *more)
{
	sum->packets_in += more->packets_in;
	sum->packets_out += more->packets_out;
	sum->ignored += more->ignored;
	sum->misrouted += more->misrouted;
	sum->retries += more->retries;
	sum->resets += more->resets;
	sum->refused += more->refused;
}

static void add_streams(struct streams_counters *sum, const struct streams_counters *more)
{
	sum->accepted += more->accepted;
	sum->refused += more->refused;
	sum->timed_out += more->timed_out;
	sum->evicted += more->evicted;
	sum->given += more->given;
	sum->lost += more->lost;
}

void summary_add(struct server_counters *sum, const struct server_counters *more)
{
	add_hub(&sum->hub, &more->hub);
	add_quic(&sum->quic, &more->quic);
	add_streams(&sum->streams, &more->streams);
}

static void log_streams(const struct streams_counters *s)
{
	if (s->accepted || s->refused)
		lp_log(LP_LOG_INFO, "tcp",
			"accepted=%llu refused=%llu timed_out=%llu gave_way=%llu handed_over=%llu "
			"lost=%llu",
			(unsigned long long)s->accepted, (unsigned long long)s->refused,
			(unsigned long long)s->timed_out, (unsigned long long)s->evicted,
			(unsigned long long)s->given, (unsigned long long)s->lost);
}

void summary_log(const struct server_counters *sum, size_t workers)
{
	lp_log(LP_LOG_INFO, "summary",
		"joins=%llu rejects=%llu leaves=%llu frames=%llu copies=%llu resent=%llu "
		"workers=%zu",
		(unsigned long long)sum->hub.joins, (unsigned long long)sum->hub.rejects,
		(unsigned long long)sum->hub.leaves, (unsigned long long)sum->hub.frames_in,
		(unsigned long long)sum->hub.copies, (unsigned long long)sum->hub.retransmitted,
		workers);
	lp_log(LP_LOG_INFO, "packets",
		"in=%llu out=%llu ignored=%llu misrouted=%llu retries=%llu resets=%llu "
		"refused=%llu",
		(unsigned long long)sum->quic.packets_in, (unsigned long long)sum->quic.packets_out,
		(unsigned long long)sum->quic.ignored, (unsigned long long)sum->quic.misrouted,
		(unsigned long long)sum->quic.retries, (unsigned long long)sum->quic.resets,
		(unsigned long long)sum->quic.refused);
	log_streams(&sum->streams);
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		if (sum->hub.drops[i] || sum->hub.copy_drops[i])
			lp_log(LP_LOG_INFO, "dropped", "reason=%s frames=%llu copies=%llu",
				lp_drop_text((enum lp_drop)i),
				(unsigned long long)sum->hub.drops[i],
				(unsigned long long)sum->hub.copy_drops[i]);
}
