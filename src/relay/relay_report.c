#include "relay_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lanparty/base/role.h"
#include "lanparty/edge/address.h"
#include "lanparty/edge/figures.h"
#include "lanparty/edge/json.h"

static const char *carrier_of(const struct snapshot_member *m)
{
	return m->over_tcp ? "tcp" : "udp";
}

/* ---- JSON */

static void json_traffic(const struct snapshot_member *m, struct lp_text *t)
{
	const struct lp_session_traffic *traffic = &m->traffic;
	lp_figures_json_way(t, "from_member", traffic->frames_in, traffic->bytes_in, m->in_rate);
	lp_figures_json_drops(t, "drops", traffic->drops);
	lp_json_close(t, '}');
	lp_figures_json_way(t, "to_member", traffic->frames_out, traffic->bytes_out, m->out_rate);
	lp_figures_json_drops(t, "drops", traffic->copy_drops);
	lp_json_close(t, '}');
}

static void json_member(
	const struct relay_view *view, const struct snapshot_member *m, struct lp_text *t)
{
	char text[LP_ADDRESS_TEXT > LP_MAC_TEXT ? LP_ADDRESS_TEXT : LP_MAC_TEXT];
	lp_json_open(t, NULL, '{');
	lp_json_count(t, "peer", m->peer);
	lp_json_string(t, "role", lp_role_text(m->role));
	lp_json_string(t, "name", m->name);
	if (m->role == LP_ROLE_CLIENT)
		lp_json_string(t, "mac", lp_mac_format(&m->mac, text));
	lp_json_string(t, "carrier", carrier_of(m));
	if (view->shows_addresses)
		lp_json_string(t, "address", lp_address_format(&m->address, text));
	lp_json_number(t, "seconds", (double)m->age / (double)LP_SECOND);
	lp_json_bool(t, "host_key", m->host);
	lp_json_bool(t, "silent", m->silent);
	lp_json_bool(t, "cut_off", m->cut_off);
	if (m->rtt) {
		lp_json_number(t, "rtt_ms", lp_figures_ms(m->rtt));
		lp_json_number(t, "jitter_ms", lp_figures_ms(m->jitter));
		lp_json_number(t, "loss_percent", relay_view_loss(m));
		lp_json_count(t, "reached", m->reached);
		lp_json_count(t, "lost", m->lost);
	}
	json_traffic(m, t);
	lp_json_close(t, '}');
}

static void json_room(const struct relay_view *view, const struct snapshot_member *m, size_t count,
	struct lp_text *t)
{
	uint64_t rate = 0;
	bool gateway = false;
	for (size_t i = 0; i < count; i++) {
		rate += m[i].in_rate;
		gateway = gateway || m[i].role == LP_ROLE_GATEWAY;
	}
	lp_json_open(t, NULL, '{');
	lp_json_count(t, "room", m->room);
	lp_json_count(t, "mtu", m->mtu);
	lp_json_bool(t, "gateway", gateway);
	lp_json_bool(t, "locked", m->locked);
	lp_json_bool(t, "isolated", m->isolated);
	lp_json_count(t, "member_count", count);
	lp_json_count(t, "bytes_per_second", rate);
	if (view->shows_members) {
		lp_json_open(t, "members", '[');
		for (size_t i = 0; i < count; i++)
			json_member(view, &m[i], t);
		lp_json_close(t, ']');
	}
	lp_json_close(t, '}');
}

static void json_totals(const struct relay_view *view, struct lp_text *t)
{
	struct relay_totals totals;
	const struct lp_hub_counters *hub = &totals.counters.hub;
	relay_view_add_up(view, &totals);
	lp_json_count(t, "workers", view->count);
	lp_json_count(t, "room_count", hub->rooms);
	lp_json_count(t, "member_count", hub->members);
	lp_json_count(t, "left_out", totals.left_out);
	lp_json_count(t, "connections", hub->sessions);
	lp_json_count(t, "joins", hub->joins);
	lp_json_count(t, "rejects", hub->rejects);
	lp_json_count(t, "leaves", hub->leaves);
	lp_json_count(t, "frames", hub->frames_in);
	lp_json_count(t, "bytes", hub->bytes_in);
	lp_json_count(t, "copies", hub->copies);
	lp_json_count(t, "retransmitted", hub->retransmitted);
	lp_figures_json_drops(t, "drops", hub->drops);
	lp_figures_json_drops(t, "copy_drops", hub->copy_drops);
}

void relay_report_json(const struct relay_view *view, struct lp_text *t)
{
	lp_json_open(t, NULL, '{');
	lp_json_string(t, "program", "relay");
	lp_json_string(t, "version", LANPARTY_VERSION);
	json_totals(view, t);
	lp_json_open(t, "rooms", '[');
	for (size_t i = 0; i < view->count; i++) {
		const struct snapshot *s = view->workers[i];
		for (size_t k = 0, count; k < s->count; k += count) {
			count = relay_view_room_size(s, k);
			json_room(view, &s->members[k], count, t);
		}
	}
	lp_json_close(t, ']');
	lp_json_close(t, '}');
}

/* ---- text */

static void text_member(
	const struct relay_view *view, const struct snapshot_member *m, struct lp_text *t)
{
	char rtt[24] = "-", jitter[24] = "-", loss[24] = "-", address[LP_ADDRESS_TEXT] = "-";
	if (m->rtt) {
		snprintf(rtt, sizeof(rtt), "%.1f ms", lp_figures_ms(m->rtt));
		snprintf(jitter, sizeof(jitter), "%.1f ms", lp_figures_ms(m->jitter));
		snprintf(loss, sizeof(loss), "%.1f %%", relay_view_loss(m));
	}
	if (view->shows_addresses)
		lp_address_format(&m->address, address);
	lp_text_put(t, "%6u  %-8s%10s%9s%8s%11.1f%11.1f  %-21s %s %s%s%s\n", m->peer,
		lp_role_text(m->role), rtt, jitter, loss, (double)m->in_rate / 1e3,
		(double)m->out_rate / 1e3, address, carrier_of(m), m->name[0] ? m->name : "-",
		m->silent ? " (silent)" : "", m->cut_off ? " (cut off)" : "");
	lp_figures_text_drops(t, "        dropped from it: ", 0, m->traffic.drops);
	lp_figures_text_drops(t, "        dropped on its way: ", 0, m->traffic.copy_drops);
}

static void text_room(const struct relay_view *view, const struct snapshot_member *m, size_t count,
	struct lp_text *t)
{
	bool gateway = false;
	for (size_t i = 0; i < count; i++)
		gateway = gateway || m[i].role == LP_ROLE_GATEWAY;
	lp_text_put(t, "\nroom %u: %zu members, %s, MTU %u%s%s\n", m->room, count,
		gateway ? "with a gateway" : "no gateway", m->mtu, m->locked ? ", locked" : "",
		m->isolated ? ", isolated" : "");
	if (!view->shows_members)
		return;
	lp_text_put(t,
		"number  role    round trip   jitter    loss  sends kB/s   gets kB/s  address"
		"               name\n");
	for (size_t i = 0; i < count; i++)
		text_member(view, &m[i], t);
}

void relay_report_text(const struct relay_view *view, struct lp_text *t)
{
	struct relay_totals totals;
	const struct lp_hub_counters *hub = &totals.counters.hub;
	relay_view_add_up(view, &totals);
	lp_text_put(t, "%" PRIu64 " rooms, %" PRIu64 " members, %zu workers\n", hub->rooms,
		hub->members, view->count);
	lp_text_put(t, "%" PRIu64 " joins, %" PRIu64 " refused, %" PRIu64 " frames, %.1f MB\n",
		hub->joins, hub->rejects, hub->frames_in, (double)hub->bytes_in / 1e6);
	lp_figures_text_drops(t, "dropped: ", 0, hub->drops);
	lp_figures_text_drops(t, "dropped on the way to members: ", 0, hub->copy_drops);
	for (size_t i = 0; i < view->count; i++) {
		const struct snapshot *s = view->workers[i];
		for (size_t k = 0, count; k < s->count; k += count) {
			count = relay_view_room_size(s, k);
			text_room(view, &s->members[k], count, t);
		}
	}
	if (totals.left_out)
		lp_text_put(t, "\n%" PRIu64 " members are not shown: they are too many\n",
			totals.left_out);
}
