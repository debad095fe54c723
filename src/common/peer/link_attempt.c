#include "link_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ends.h"
#include "lanparty/edge/built.h"
#include "lanparty/edge/log.h"
#include "prove.h"

/* Networks have changed: a look-up asks anew once it is that old. Its answer can still come before, and each
 * look-up costs a thread until the system's name servers have answered or failed. */
#define ASK_AGAIN (3 * LP_SECOND)

#define WAYS_FOR_TCP 2

static unsigned index_of(const struct lp_way *w)
{
	return (unsigned)(w - w->link->ways);
}

/* ---- ways */

static void find_lone(struct lp_link *l)
{
	size_t count = 0;
	struct lp_way *open = NULL;
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		if (l->ways[i].open) {
			open = &l->ways[i];
			count++;
		}
	l->lone = count == 1 ? open : NULL;
}

struct lp_way *lp_link_free_way(struct lp_link *l)
{
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		if (!l->ways[i].open)
			return &l->ways[i];
	return NULL;
}

static bool is_live(const struct lp_link *l)
{
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		if (l->ways[i].conn || l->ways[i].use == WAY_OPENING)
			return true;
	return false;
}

/* A packet over UDP can still be answered. */
static bool hopes_for_udp(const struct lp_link *l)
{
	for (size_t i = 0; i < LP_LINK_WAYS; i++) {
		const struct lp_way *w = &l->ways[i];
		if (w->conn && !w->entry.stream && w->failure == LP_SEND_GOOD)
			return true;
	}
	for (size_t i = 0; i < l->race.count; i++)
		if (l->looking & 1u << i && l->race.known[i].count == 0)
			return true;
	return lp_race_due(&l->race, false) != LP_NEVER;
}

void lp_link_flush(struct lp_link *l)
{
	for (unsigned i = 0; i < LP_LINK_WAYS; i++) {
		struct lp_way *w = &l->ways[i];
		if (w->open)
			l->config.ops->flush(l->config.context, i);
		if (w->open && !w->conn && w->use == WAY_PLAIN) {
			w->open = false;
			l->config.ops->close(l->config.context, i);
			find_lone(l);
		}
	}
}

void lp_link_tell_own(struct lp_link *l)
{
	struct lp_own_list all = {0};
	if (l->latest.address.len > 0) {
		struct lp_prefix relay = lp_address_prefix(&l->latest.address);
		lp_own_add(&all, LP_OWN_RELAY, &relay);
	}
	for (size_t i = 0; i < l->own.count; i++)
		lp_own_add(&all, l->own.list[i].kind, &l->own.list[i].prefix);
	lp_tunnel_set_own(l->tunnel, &all);
}

/* ---- failures */

/* The tunnel hears that there is no connection. */
static void no_connection(struct lp_link *l, const struct lp_fault *fault, bool final)
{
	final = final || (l->config.checks && !lp_tunnel_is_over(l->tunnel));
	l->last = fault->end;
	if (final)
		l->exit = fault->exit;
	lp_tunnel_on_closed(l->tunnel, final, fault->text, l->now);
}

/* The system refused. */
static void note_refusal(struct lp_link *l, size_t endpoint, const char *text)
{
	struct lp_fault fault = {.end.end = LP_QUIC_END_ERROR, .exit = LP_EXIT_OS};
	snprintf(fault.text, sizeof(fault.text), "%s", text);
	lp_faults_note(&l->faults, endpoint, &fault);
}

static void note_no_store(struct lp_link *l, size_t endpoint)
{
	bool behind = lp_clock_is_behind();
	struct lp_fault fault = {.end = {.end = LP_QUIC_END_ERROR, .no_store = true},
		.exit = LP_EXIT_WRONG_PIN,
		.final = !behind};
	fault.end.clock_behind = behind;
	lp_tell_no_store(behind, fault.text, sizeof(fault.text));
	lp_faults_note(&l->faults, endpoint, &fault);
}

/* There can be no route because the network has no addresses of that family at all. */
static enum lp_send_failure failure_of(const struct lp_way *w)
{
	int family = w->entry.address.sa.sa_family;
	int other = family == AF_INET6 ? AF_INET : AF_INET6;
	if (w->failure == LP_SEND_NO_ROUTE && !lp_has_route(family) && lp_has_route(other))
		return LP_SEND_NO_FAMILY;
	return w->failure;
}

/* Why the connection of this way ended. */
static void judge(struct lp_link *l, const struct lp_way *w, const struct lp_quic_close *why,
	struct lp_fault *ret_fault)
{
	bool refused = lp_end_is_about_certificate(why->end), other = why->end == LP_QUIC_END_ALPN;
	bool answered = w == l->joined, behind = lp_clock_is_behind();
	bool waits = behind && lp_end_is_about_dates(why->end);
	struct lp_fault fault = {.exit = refused ? LP_EXIT_WRONG_PIN
					 : other ? LP_EXIT_PROTOCOL
						 : LP_EXIT_UNAVAILABLE,
		.final = (refused && !waits) || other};
	fault.end = (struct lp_link_end){.answered = answered,
		.rtt = answered ? l->last.rtt : 0,
		.end = why->end,
		.failure = answered ? LP_SEND_GOOD : failure_of(w),
		.clock_behind = behind,
		.stream = w->entry.stream};
	const struct lp_ending ending = {
		&w->entry.address, why, fault.end.failure, fault.end.clock_behind, w->entry.stream};
	lp_tell_why(l->config.options, &ending, fault.text, sizeof(fault.text));
	if (waits) /* it lacks the authorities that are not valid yet */
		lp_quic_forget_store(l->quic);
	*ret_fault = fault;
}

static void attempt_failed(struct lp_link *l)
{
	static const struct lp_fault unknown = {
		.end.end = LP_QUIC_END_ERROR, .exit = LP_EXIT_OS, .text = "no address was found"};
	const struct lp_fault *worst = lp_faults_worst(&l->faults);
	bool final = lp_faults_are_final(&l->faults, l->race.count);
	l->trying = false;
	lp_faults_tell(&l->faults, l->config.options, LP_NO_ENDPOINT);
	no_connection(l, worst ? worst : &unknown, final);
}

/* Addresses that were not heard of yet: they have lost, but what was refused is worth a line. */
static void close_others(struct lp_link *l, const struct lp_way *winner)
{
	static const struct lp_quic_close none = {.end = LP_QUIC_END_HANDSHAKE};
	struct lp_fault fault;
	for (size_t i = 0; i < LP_LINK_WAYS; i++) {
		struct lp_way *w = &l->ways[i];
		if (w->use == WAY_OPENING)
			w->use = WAY_PLAIN;
		if (!w->conn || w == winner)
			continue;
		if (w->failure != LP_SEND_GOOD) {
			judge(l, w, &none, &fault);
			lp_faults_note(&l->faults, w->entry.endpoint, &fault);
		}
		lp_quic_close(w->conn, LP_LEAVE_OTHER, "another address was faster");
	}
	lp_faults_tell(&l->faults, l->config.options, winner->entry.endpoint);
}

/* ---- what QUIC tells */

static void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct lp_link *l = context;
	struct lp_way *w = lp_quic_user(conn);
	if (!l->trying) {
		lp_quic_close(conn, LP_LEAVE_OTHER, "another address was faster");
		return;
	}
	l->trying = false;
	l->joined = w;
	l->latest = w->entry;
	lp_race_favour(&l->race, &w->entry, true);
	l->last = (struct lp_link_end){.answered = true, .end = LP_QUIC_END_ERROR};
	l->last.rtt = lp_link_rtt(l);
	close_others(l, w);
	lp_link_tell_own(l);
	if (w->entry.stream)
		lp_link_back_begin(l);
	if (l->config.checks) {
		l->exit = LP_EXIT_OK;
		lp_tunnel_leave(l->tunnel, l->now);
		return;
	}
	lp_quic_attach(conn, lp_tunnel_source(l->tunnel), lp_tunnel_sink(l->tunnel));
	lp_prove_host(l->tunnel, l->config.options, l->config.role, conn);
	lp_tunnel_on_connected(l->tunnel, l->now);
}

static void on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct lp_link *l = context;
	if (l->joined && l->joined->conn == conn)
		lp_tunnel_on_stream(l->tunnel, piece, l->now);
}

static void on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct lp_link *l = context;
	struct lp_way *w = lp_quic_user(conn);
	struct lp_fault fault;
	bool lost = w != l->joined && (!l->trying || why->end == LP_QUIC_END_LOCAL);
	w->conn = NULL;
	lp_log(LP_LOG_DEBUG, "connection_closed", "end=%d code=%" PRIu64 " text=%s", (int)why->end,
		why->code, why->text);
	if (lost)
		return;
	judge(l, w, why, &fault);
	if (w != l->joined) {
		lp_faults_note(&l->faults, w->entry.endpoint, &fault);
		lp_race_hurry(&l->race, w->entry.stream, l->now);
		return;
	}
	if (why->end == LP_QUIC_END_RESET && !l->config.checks) {
		lp_link_lose(l, &fault);
		return;
	}
	l->joined = NULL;
	lp_link_back_end(l);
	no_connection(l, &fault, fault.final);
}

void lp_link_lose(struct lp_link *l, const struct lp_fault *fault)
{
	l->joined = NULL;
	l->last = fault->end;
	lp_link_back_end(l);
	lp_tunnel_on_restart(l->tunnel, fault->text, l->now);
}

const struct lp_quic_handler lp_link_handler = {
	.connected = on_connected,
	.stream = on_stream,
	.closed = on_closed,
	.moved = lp_link_on_moved,
};

/* ---- the attempt */

bool lp_link_open_way(struct lp_link *l, struct lp_way *w, const struct lp_entry *entry)
{
	/* A new socket each time: the old one can belong to a network that is gone. */
	*w = (struct lp_way){.link = l, .entry = *entry};
	struct lp_address local = lp_address_of_stream(index_of(w));
	w->open = l->config.ops->open(l->config.context, index_of(w), entry, &local);
	w->path = (struct lp_path){local, entry->address};
	find_lone(l);
	return w->open;
}

void lp_link_connect(struct lp_link *l, struct lp_way *w)
{
	const struct lp_peer_options *o = l->config.options;
	struct lp_quic_target target = {
		.path = w->path,
		.server_name = o->server_name,
		.pins = o->pins,
		.pin_count = o->pin_count,
		.steer = l->steer,
	};
	enum lp_status status;
	w->conn = lp_quic_connect(l->quic, &target, w, l->now, &status);
	if (w->conn)
		return;
	if (status == LP_NO_STORE)
		note_no_store(l, w->entry.endpoint);
	else
		note_refusal(l, w->entry.endpoint, lp_status_text(status));
	lp_race_hurry(&l->race, w->entry.stream, l->now);
}

static void try_entry(struct lp_link *l, struct lp_way *w, const struct lp_entry *entry)
{
	char text[LP_ADDRESS_TEXT];
	lp_log(LP_LOG_DEBUG, "connecting", "address=%s over=%s",
		lp_address_format(&entry->address, text), lp_tell_over(entry->stream));
	l->latest = *entry;
	if (!lp_link_open_way(l, w, entry)) {
		note_refusal(l, entry->endpoint, lp_status_text(LP_IO));
		lp_race_hurry(&l->race, entry->stream, l->now);
	} else if (entry->stream) {
		w->use = WAY_OPENING;
		w->until = l->now + LP_LINK_OPENING_MAX;
	} else {
		lp_link_connect(l, w);
	}
}

/* What was tried has ended, and no other address is known. The attempt ends though a name server is still
 * asked: the addresses that are known are tried again meanwhile. */
static bool is_exhausted(const struct lp_link *l)
{
	return !is_live(l) && lp_race_due(&l->race, false) == LP_NEVER &&
	       lp_race_due(&l->race, true) == LP_NEVER && (!l->looking || l->race.tries > 0);
}

static void ask_addresses(struct lp_link *l, unsigned endpoints)
{
	l->asked_at = l->now;
	l->is_stale = false;
	for (unsigned i = 0; i < LP_LINK_LOOKUPS; i++) {
		if (!(endpoints & 1u << i))
			continue;
		if (l->config.ops->look_up(l->config.context, i)) {
			l->looking |= 1u << i;
			continue;
		}
		l->looking &= ~(1u << i);
		note_refusal(l, i < LP_ENDPOINTS ? i : 0,
			"the system has no memory, thread or open file left for the look-up");
	}
}

/* Bits of what attempts look up. */
static unsigned all_lookups(const struct lp_link *l)
{
	unsigned endpoints = (1u << l->race.count) - 1;
	return endpoints | (l->race.streams && l->race.proxied ? 1u << LP_LINK_PROXY : 0);
}

/* Looks the relay's addresses up for each attempt, because they can have changed. A look-up takes long while
 * the name servers are not reached, so that addresses that are known are tried meanwhile. */
void lp_link_attempt(struct lp_link *l)
{
	lp_link_flush(l); /* the last word of an earlier connection */
	lp_faults_clear(&l->faults);
	lp_race_start(&l->race, l->now);
	l->trying = true;
	ask_addresses(l, all_lookups(l) & ~l->looking);
	lp_link_go_on(l);
}

/* UDP leaves some ways to TCP. */
static bool has_way(const struct lp_link *l, bool stream)
{
	size_t free = 0;
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		free += !l->ways[i].open;
	return free > (stream || !l->race.streams ? 0 : WAYS_FOR_TCP);
}

static void try_next(struct lp_link *l, bool stream)
{
	struct lp_entry entry;
	while (l->trying && has_way(l, stream) && lp_race_next(&l->race, stream, l->now, &entry))
		try_entry(l, lp_link_free_way(l), &entry);
}

void lp_link_go_on(struct lp_link *l)
{
	if (l->trying && l->looking && l->is_stale && !is_live(l) &&
		l->now >= l->asked_at + ASK_AGAIN)
		ask_addresses(l, l->looking); /* the old look-up asks where nobody answers */
	try_next(l, false);
	if (l->trying && !hopes_for_udp(l))
		lp_race_open_streams(&l->race, l->now);
	try_next(l, true);
	if (l->trying && is_exhausted(l))
		attempt_failed(l);
}

lp_time lp_link_next_try(const struct lp_link *l)
{
	lp_time next = LP_NEVER;
	for (int stream = 0; l->trying && stream < 2; stream++)
		if (has_way(l, stream))
			next = lp_sooner(next, lp_race_due(&l->race, stream));
	return next;
}

static void say_no_address(
	const char *what, const char *name, const char *error, struct lp_fault *fault)
{
	snprintf(fault->text, sizeof(fault->text),
		"the address of %s%.100s is not known (%s): check the name and this computer's "
		"network",
		what, name, error);
}

static void note_no_proxy(struct lp_link *l, const struct lp_addresses *found)
{
	struct lp_fault fault = {.exit = LP_EXIT_UNAVAILABLE,
		.end = {.end = LP_QUIC_END_HANDSHAKE,
			.stream = true,
			.stream_failure = {.end = LP_STREAM_NO_TCP, .proxy = true}}};
	say_no_address("the proxy ", l->config.options->proxy.host, found->error, &fault);
	for (size_t i = 0; i < l->race.count; i++)
		if (l->race.proxied & 1u << i)
			lp_faults_note(&l->faults, i, &fault);
}

static void note_no_address(struct lp_link *l, size_t endpoint, const struct lp_addresses *found)
{
	struct lp_fault fault = {.end = {.no_address = true, .end = LP_QUIC_END_ERROR},
		.exit = LP_EXIT_NO_HOST,
		.final = found->unknown && !l->config.waits_for_name};
	say_no_address(
		"", lp_peer_endpoint(l->config.options, endpoint)->name, found->error, &fault);
	lp_faults_note(&l->faults, endpoint, &fault);
}

void lp_link_on_addresses(
	struct lp_link *l, size_t endpoint, const struct lp_addresses *found, lp_time now)
{
	lp_link_advance(l, now);
	if (!(l->looking & 1u << endpoint))
		return;
	if (!found->more)
		l->looking &= ~(1u << endpoint);
	if (found->count > 0)
		lp_race_found(&l->race, endpoint, found, now);
	else if (endpoint == LP_LINK_PROXY)
		note_no_proxy(l, found);
	else
		note_no_address(l, endpoint, found);
	lp_link_go_on(l);
}

void lp_link_on_send_failure(struct lp_link *l, unsigned way, enum lp_send_failure failure)
{
	l->ways[way].failure = failure;
	if (l->trying)
		lp_race_hurry(&l->race, false, l->now);
}

void lp_link_stop(struct lp_link *l, enum lp_leave_reason reason, const char *text)
{
	if (l->looking)
		l->config.ops->stop_look_ups(l->config.context);
	l->looking = 0;
	l->trying = false;
	lp_link_back_end(l);
	for (size_t i = 0; i < LP_LINK_WAYS; i++) {
		l->ways[i].use = WAY_PLAIN;
		if (l->ways[i].conn)
			lp_quic_close(l->ways[i].conn, reason, text);
	}
}
