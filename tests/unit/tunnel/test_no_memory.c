/* Out of memory on the control path of hub and tunnel: the n-th allocation fails, for each n. Who is
 * concerned hears of it by its name, and nobody keeps a wrong view of the room. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "heap.h"
#include "hub_peers.h"
#include "tunnel_harness.h"

#define PLAYERS 12

/* ---- a member */

static void event_of(struct harness *h, const struct lp_control *m, bool in_pieces)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(m, bytes, sizeof(bytes)), first = in_pieces ? 3 : len;
	lp_tunnel_on_stream(
		h->tunnel, &(struct lp_piece){h->stream, bytes, first, !in_pieces}, h->now);
	if (in_pieces)
		lp_tunnel_on_stream(h->tunnel,
			&(struct lp_piece){h->stream, bytes + first, len - first, true}, h->now);
	h->stream += 4;
}

/* Events in pieces, before their turn, and so many at once that the actions need more room. */
static void hear_events(struct harness *h)
{
	struct lp_control first = joined_event(1, 11, LP_ROLE_CLIENT),
			  later = joined_event(3, 13, LP_ROLE_CLIENT),
			  between = joined_event(2, 12, LP_ROLE_CLIENT);
	event_of(h, &first, true);
	event_of(h, &later, false);
	event_of(h, &between, false);
	for (uint16_t i = 4; i < 40; i++) {
		struct lp_control many = joined_event(i, (uint16_t)(10 + i), LP_ROLE_CLIENT);
		event_of(h, &many, false);
	}
	harness_drain(h);
}

static void a_member_out_of_memory_reports_it_and_reconnects(void **state)
{
	(void)state;
	unsigned n = 1;
	for (;; n++) {
		struct harness *h = harness_in_room(LP_ROLE_GATEWAY);
		harness_forget(h);
		heap_arm(n);
		hear_events(h);
		bool failed = heap_disarm();
		const struct lp_tunnel_action *close = harness_action(h, LP_TUNNEL_CLOSE, 0);
		assert_true(failed == (close != NULL));
		if (close) {
			assert_int_equal(close->leave, LP_LEAVE_OTHER);
			assert_string_equal(close->text, "out of memory");
			harness_closed(h, false);
			const struct lp_tunnel_action *gone =
				harness_action(h, LP_TUNNEL_DISCONNECTED, 0);
			assert_non_null(gone);
			assert_string_equal(gone->text, "out of memory");
			assert_false(gone->final);
		}
		harness_free(h);
		if (!failed)
			break;
	}
	assert_true(n > 40); /* one for each member, and more */
}

/* Nobody takes the actions, and there is no memory for more: what ends the connection has its place. */
static void a_member_can_close_without_memory(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_GATEWAY);
	harness_forget(h);
	for (uint16_t i = 1; i < 13; i++) {
		struct lp_control m = joined_event(i, (uint16_t)(10 + i), LP_ROLE_CLIENT);
		event_of(h, &m, false);
	}
	struct lp_control m = joined_event(13, 30, LP_ROLE_CLIENT);
	heap_arm(2); /* its member, then the actions */
	event_of(h, &m, false);
	assert_true(heap_disarm());
	lp_tunnel_on_closed(h->tunnel, false, "closed", h->now);
	harness_drain(h);
	assert_int_equal(h->actions[h->count - 2].kind, LP_TUNNEL_CLOSE);
	assert_int_equal(h->actions[h->count - 2].leave, LP_LEAVE_OTHER);
	assert_int_equal(h->actions[h->count - 1].kind, LP_TUNNEL_DISCONNECTED);
	harness_free(h);
}

/* ---- the relay */

struct player {
	struct lp_session *session; /* NULL: there was no memory for it */
	bool welcomed, gone;
	uint64_t events; /* in order; more than there are: a gap */
	const char *wrong;
};

static void take_reply(struct player *p, const struct lp_control *m)
{
	p->welcomed = m->type == LP_WELCOME;
	p->gone = !p->welcomed;
	if (p->gone && (m->reject.reason != LP_REJECT_OTHER ||
			       strcmp(m->reject.text, "the relay is out of memory") != 0))
		p->wrong = lp_reject_word(m->reject.reason);
}

static uint64_t sequence_of(const struct lp_control *m)
{
	return m->type == LP_PEER_JOINED ? m->peer_joined.sequence : m->peer_left.sequence;
}

static void do_all(struct lp_hub *hub)
{
	struct lp_hub_action a;
	while (lp_hub_next(hub, &a)) {
		struct player *p = a.session ? lp_session_user(a.session) : NULL;
		struct lp_control m;
		size_t used;
		if (a.kind == LP_HUB_REPLY || a.kind == LP_HUB_MESSAGE)
			assert_int_equal(lp_control_decode(a.bytes, a.len, &m, &used), LP_OK);
		if (a.kind == LP_HUB_REPLY)
			take_reply(p, &m);
		else if (a.kind == LP_HUB_MESSAGE && sequence_of(&m) != ++p->events)
			p->events = UINT64_MAX / 2;
		else if (a.kind == LP_HUB_CLOSE && (p->gone = true) &&
			 (a.leave != LP_LEAVE_OTHER ||
				 strcmp(a.text, "the relay is out of memory") != 0))
			p->wrong = lp_leave_word(a.leave);
	}
}

/* Each says its hello in two pieces, and, if it has joined by then, its statistics in two. The actions are
 * done after so many hellos: another number makes the list of actions full at another action. */
static void play(struct lp_hub *hub, struct player players[PLAYERS], int hellos)
{
	const struct lp_control stats = {.type = LP_STATS};
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	for (int i = 0; i < PLAYERS; i++) {
		struct player *p = &players[i];
		struct lp_control m = peer_hello(i + 1, LP_ROLE_CLIENT);
		m.hello.room_key[0] = i == 5 ? 2 : 1; /* one is alone in its room */
		size_t len = lp_control_encode(&m, bytes, sizeof(bytes));
		p->session = lp_hub_open(hub, p, &(struct lp_source){0}, RELAY_PATH, LP_SECOND);
		p->gone = !p->session;
		if (p->gone)
			continue;
		lp_hub_on_stream(
			hub, p->session, &(struct lp_piece){0, bytes, 9, false}, LP_SECOND);
		lp_hub_on_stream(hub, p->session, &(struct lp_piece){0, bytes + 9, len - 9, true},
			LP_SECOND);
		if (i % hellos == hellos - 1)
			do_all(hub);
		if (!p->welcomed || p->gone)
			continue;
		len = lp_control_encode(&stats, bytes, sizeof(bytes));
		lp_hub_on_stream(
			hub, p->session, &(struct lp_piece){2, bytes, 1, false}, LP_SECOND);
		lp_hub_on_stream(hub, p->session, &(struct lp_piece){2, bytes + 1, len - 1, true},
			LP_SECOND);
		do_all(hub);
	}
}

static uint64_t told(const struct player players[PLAYERS])
{
	uint64_t events = 0;
	for (int i = 0; i < PLAYERS; i++)
		events += players[i].events;
	return events;
}

/* Plays while the n-th allocation fails. False: there are fewer. */
static bool play_without(unsigned n, int hellos)
{
	struct lp_hub_config config = relay_config();
	struct lp_hub *hub = lp_hub_new(&config);
	struct player players[PLAYERS] = {0};
	size_t here = 0, gone = 0;
	assert_non_null(hub);
	heap_arm(n);
	play(hub, players, hellos);
	bool failed = heap_disarm();
	do_all(hub);
	for (int i = 0; i < PLAYERS; i++) {
		const struct player *p = &players[i];
		if (p->wrong)
			fail_msg("allocation %u: player %d hears %s", n, i, p->wrong);
		if (!p->gone && (!p->welcomed || p->events > 1000))
			fail_msg("allocation %u: player %d has a gap", n, i);
		here += p->welcomed && !p->gone;
		gone += p->gone;
	}
	assert_int_equal(here + gone, PLAYERS);
	if (!failed) {
		assert_int_equal(gone, 0);
		assert_int_equal(told(players), 11 * 10);
	}
	lp_hub_free(hub);
	return failed;
}

static void a_relay_out_of_memory_reports_it_and_leaves_no_gap_in_events(void **state)
{
	(void)state;
	for (int hellos = 1; hellos <= 4; hellos++) {
		unsigned n = 1;
		while (play_without(n, hellos))
			n++;
		assert_true(n > 3 * PLAYERS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_out_of_memory_reports_it_and_reconnects),
		cmocka_unit_test(a_member_can_close_without_memory),
		cmocka_unit_test(a_relay_out_of_memory_reports_it_and_leaves_no_gap_in_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
