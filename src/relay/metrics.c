#include "metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lanparty/packet/verdict.h"

#define PREFIX "lanparty_relay_"

static void head(struct lp_text *t, const char *name, const char *type, const char *help)
{
	lp_text_put(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct lp_text *t, const char *name, const char *help, uint64_t value)
{
	head(t, name, "gauge", help);
	lp_text_put(t, "%s %" PRIu64 "\n", name, value);
}

static void counter(struct lp_text *t, const char *name, const char *help, uint64_t value)
{
	head(t, name, "counter", help);
	lp_text_put(t, "%s %" PRIu64 "\n", name, value);
}

static double seconds(lp_time time)
{
	return (double)time / (double)LP_SECOND;
}

/* ---- what is counted of the members that are there */

struct present {
	uint64_t clients, gateways, silent, over_tcp, measured;
	lp_time *rtt, *jitter; /* of those that are measured, sorted; NULL: no memory */
};

static void look(struct present *p, const struct snapshot_member *m)
{
	*(m->role == LP_ROLE_GATEWAY ? &p->gateways : &p->clients) += 1;
	p->silent += m->silent;
	p->over_tcp += m->over_tcp;
	if (m->rtt == 0)
		return;
	if (p->rtt && p->jitter) {
		p->rtt[p->measured] = m->rtt;
		p->jitter[p->measured] = m->jitter;
	}
	p->measured++;
}

static int compare(const void *a, const void *b)
{
	lp_time x = *(const lp_time *)a, y = *(const lp_time *)b;
	return (x > y) - (x < y);
}

static void look_at_all(struct present *p, const struct relay_view *view)
{
	size_t count = 0;
	for (size_t i = 0; i < view->count; i++)
		count += view->workers[i]->count;
	*p = (struct present){.rtt = calloc(count + 1, sizeof(*p->rtt)),
		.jitter = calloc(count + 1, sizeof(*p->jitter))};
	for (size_t i = 0; i < view->count; i++)
		for (size_t k = 0; k < view->workers[i]->count; k++)
			look(p, &view->workers[i]->members[k]);
	if (!p->rtt || !p->jitter)
		return;
	qsort(p->rtt, p->measured, sizeof(*p->rtt), compare);
	qsort(p->jitter, p->measured, sizeof(*p->jitter), compare);
}

/* Nothing when nobody is measured: a zero would look like a perfect path. */
static void ranks(struct lp_text *t, const char *name, const char *help, const lp_time *sorted,
	uint64_t count)
{
	head(t, name, "gauge", help);
	if (!sorted || count == 0)
		return;
	lp_text_put(t, "%s{rank=\"median\"} %.6f\n", name, seconds(sorted[(count - 1) / 2]));
	lp_text_put(t, "%s{rank=\"highest\"} %.6f\n", name, seconds(sorted[count - 1]));
}

static void write_present(const struct present *p, struct lp_text *t)
{
	head(t, PREFIX "members", "gauge", "Members in all rooms.");
	lp_text_put(t, PREFIX "members{role=\"client\"} %" PRIu64 "\n", p->clients);
	lp_text_put(t, PREFIX "members{role=\"gateway\"} %" PRIu64 "\n", p->gateways);
	gauge(t, PREFIX "silent_members",
		"Members without a connection whose place is kept for a while.", p->silent);
	gauge(t, PREFIX "members_over_tcp", "Members that reach the relay over TCP.", p->over_tcp);
	ranks(t, PREFIX "round_trip_seconds", "Round trip between relay and member.", p->rtt,
		p->measured);
	ranks(t, PREFIX "jitter_seconds", "Jitter between relay and member.", p->jitter,
		p->measured);
}

/* ---- counters */

static void write_now(
	const struct relay_view *view, const struct relay_totals *totals, struct lp_text *t)
{
	const struct lp_hub_counters *hub = &totals->counters.hub;
	gauge(t, PREFIX "workers", "Threads that forward frames.", view->count);
	gauge(t, PREFIX "rooms", "Rooms that are open.", hub->rooms);
	gauge(t, PREFIX "connections", "QUIC connections, also of those who are not members yet.",
		hub->sessions);
	gauge(t, PREFIX "members_not_shown", "Members that other metrics leave out: too many.",
		totals->left_out);
}

static void write_frames(const struct relay_totals *totals, struct lp_text *t)
{
	const struct lp_hub_counters *hub = &totals->counters.hub;
	const struct lp_quic_counters *quic = &totals->counters.quic;
	counter(t, PREFIX "joins_total", "Members that have joined.", hub->joins);
	counter(t, PREFIX "rejects_total", "Joins that were refused.", hub->rejects);
	counter(t, PREFIX "leaves_total", "Members that have left.", hub->leaves);
	counter(t, PREFIX "frames_received_total", "Frames from members that passed all checks.",
		hub->frames_in);
	counter(t, PREFIX "received_bytes_total", "Bytes of these frames.", hub->bytes_in);
	counter(t, PREFIX "frames_queued_total", "Copies of frames that were queued for members.",
		hub->copies);
	counter(t, PREFIX "frames_retransmitted_total", "Copies that were sent once more.",
		hub->retransmitted);
	counter(t, PREFIX "datagrams_delivered_total", "DATAGRAMs that members acknowledged.",
		quic->datagrams_acked);
	counter(t, PREFIX "datagrams_lost_total", "DATAGRAMs that were lost on the way to members.",
		quic->datagrams_lost);
}

static void write_packets(const struct relay_totals *totals, struct lp_text *t)
{
	const struct lp_quic_counters *quic = &totals->counters.quic;
	counter(t, PREFIX "packets_received_total", "UDP packets that were read.",
		quic->packets_in);
	counter(t, PREFIX "packets_sent_total", "UDP packets that were sent.", quic->packets_out);
	counter(t, PREFIX "packets_ignored_total", "UDP packets that belong to no connection.",
		quic->ignored);
	counter(t, PREFIX "packets_misrouted_total", "UDP packets of another worker.",
		quic->misrouted);
	counter(t, PREFIX "packets_overhead_total",
		"UDP packets not read: their sender has sent too much overhead.", quic->overhead);
	counter(t, PREFIX "retries_total", "QUIC Retry packets sent.", quic->retries);
	counter(t, PREFIX "resets_total", "QUIC stateless resets sent.", quic->resets);
	counter(t, PREFIX "connections_refused_total", "QUIC connections that were refused.",
		quic->refused);
}

static void write_drops(const struct relay_totals *totals, struct lp_text *t)
{
	const struct lp_hub_counters *hub = &totals->counters.hub;
	head(t, PREFIX "frames_dropped_total", "counter", "Frames that were dropped, by reason.");
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++) {
		const char *reason = lp_drop_text((enum lp_drop)i);
		lp_text_put(t,
			PREFIX "frames_dropped_total{from=\"member\",reason=\"%s\"} %" PRIu64 "\n",
			reason, hub->drops[i]);
		lp_text_put(t,
			PREFIX "frames_dropped_total{from=\"queue\",reason=\"%s\"} %" PRIu64 "\n",
			reason, hub->copy_drops[i]);
	}
}

void metrics_write(
	const struct relay_view *view, const struct metrics_process *process, struct lp_text *t)
{
	struct relay_totals totals;
	struct present present;
	relay_view_add_up(view, &totals);
	look_at_all(&present, view);
	head(t, PREFIX "build_info", "gauge", "The relay's version; the value is always 1.");
	lp_text_put(t, PREFIX "build_info{version=\"%s\"} 1\n", LANPARTY_VERSION);
	head(t, "process_start_time_seconds", "gauge", "When the relay was started.");
	lp_text_put(t, "process_start_time_seconds %" PRId64 "\n", process->started);
	head(t, "process_cpu_seconds_total", "counter", "CPU time that the relay has used.");
	lp_text_put(t, "process_cpu_seconds_total %.3f\n", seconds(process->cpu));
	write_now(view, &totals, t);
	write_present(&present, t);
	write_frames(&totals, t);
	write_packets(&totals, t);
	write_drops(&totals, t);
	free(present.rtt);
	free(present.jitter);
}
