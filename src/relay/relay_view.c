#include "relay_view.h"

#include "lanparty/edge/figures.h"

bool relay_view_take(struct relay_view *view, struct workers *workers)
{
	view->count = workers_count(workers);
	for (size_t i = 0; i < view->count; i++)
		view->workers[i] = NULL;
	for (size_t i = 0; i < view->count; i++) {
		struct ask ask = {.kind = ASK_SNAPSHOT};
		bool good = workers_ask(workers, i, &ask) && ask.snapshot;
		view->workers[i] = ask.snapshot;
		if (!good)
			return false;
	}
	return true;
}

void relay_view_clear(struct relay_view *view)
{
	for (size_t i = 0; i < view->count; i++)
		snapshot_free(view->workers[i]);
	view->count = 0;
}

double relay_view_loss(const struct snapshot_member *m)
{
	return lp_figures_loss(m->lost, m->reached);
}

size_t relay_view_room_size(const struct snapshot *s, size_t first)
{
	size_t count = 0;
	while (first + count < s->count && s->members[first + count].room == s->members[first].room)
		count++;
	return count;
}

static void add_hub(struct lp_hub_counters *sum, const struct lp_hub_counters *more)
{
	sum->sessions += more->sessions;
	sum->members += more->members;
	sum->rooms += more->rooms;
	sum->joins += more->joins;
	sum->rejects += more->rejects;
	sum->leaves += more->leaves;
	sum->frames_in += more->frames_in;
	sum->bytes_in += more->bytes_in;
	sum->copies += more->copies;
	sum->retransmitted += more->retransmitted;
	for (size_t k = 0; k < LP_DROP_COUNT; k++) {
		sum->drops[k] += more->drops[k];
		sum->copy_drops[k] += more->copy_drops[k];
	}
}

static void add_quic(struct lp_quic_counters *sum, const struct lp_quic_counters *more)
{
	sum->packets_in += more->packets_in;
	sum->packets_out += more->packets_out;
	sum->ignored += more->ignored;
	sum->misrouted += more->misrouted;
	sum->overhead += more->overhead;
	sum->retries += more->retries;
	sum->resets += more->resets;
	sum->refused += more->refused;
	sum->version_negotiations += more->version_negotiations;
	sum->datagrams_acked += more->datagrams_acked;
	sum->datagrams_lost += more->datagrams_lost;
}

void relay_view_add_up(const struct relay_view *view, struct relay_totals *ret_totals)
{
	*ret_totals = (struct relay_totals){.left_out = 0};
	for (size_t i = 0; i < view->count; i++) {
		const struct snapshot *one = view->workers[i];
		ret_totals->left_out += one->left_out;
		add_hub(&ret_totals->counters.hub, &one->counters.hub);
		add_quic(&ret_totals->counters.quic, &one->counters.quic);
	}
}
