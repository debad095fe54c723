/* Numbered frames, fragments and old members on the relay's frame path: each frame is delivered
 * once and copied once, and whatever a member does, the buffers are released. */
#include "hub_unit.h"
#include "lanparty/path/receiver.h"

#define FRAMES  2048
#define FORGET  (30 * LP_SECOND) /* by then no frame is kept, even without reports */
#define TAGS    512
#define NUMBERS 65536

/* A relay with players first to last, with all capabilities. */
static struct relay *with_frames(size_t frames, int first, int last)
{
	struct lp_hub_config config = relay_config();
	config.frames = frames;
	struct relay *r = relay_new(&config);
	for (int i = first; i <= last; i++)
		assert_true(peer_join_as(r, i, LP_CAPS_KNOWN)->welcomed);
	return r;
}

/* Joins a room of MTU 1000, where no frame needs fragments. */
static struct peer *join_small(struct relay *r, int i, uint64_t capabilities)
{
	struct lp_control m = peer_hello(i, LP_ROLE_CLIENT);
	m.hello.mtu = 1000;
	m.hello.capabilities = capabilities;
	peer_open(r, i, RELAY_PATH);
	peer_say(r, i, 0, &m);
	assert_true(r->peers[i].welcomed);
	return &r->peers[i];
}

static size_t tcp_frame(uint8_t *f, int from, struct lp_mac dst, size_t len)
{
	return frame_tcp(
		f, dst, player_mac((unsigned)from), LAN((unsigned)from), LAN(99), 445, len);
}

static struct lp_verdict send_tcp(struct relay *r, int from, struct lp_mac dst, size_t len)
{
	uint8_t f[FRAME_CAP];
	return peer_frame(r, from, f, tcp_frame(f, from, dst, len));
}

/* Sends everything that waits for a member. Returns the number of datagrams, and their tags. */
static size_t take_tags(struct relay *r, int i, size_t max, uint64_t tags[TAGS])
{
	struct lp_datagram d;
	size_t count = 0;
	while (peer_peek(r, i, max, true, &d)) {
		peer_pop(r, i);
		assert_true(count < TAGS);
		tags[count++] = d.tag;
	}
	return count;
}

/* Advances the hub's clock while nobody asks it for datagrams. */
static void wait_until_forgotten(struct relay *r)
{
	for (lp_time end = r->now + FORGET; r->now < end;)
		relay_at(r, r->now + LP_SECOND);
}

static void a_number_is_accepted_once_whatever_its_datagram_type(void **state)
{
	static const struct {
		enum lp_overlay_type type;
		uint16_t id;
		enum lp_action action;
		enum lp_drop drop;
	} steps[] = {
		{LP_OVERLAY_NUMBERED, 5, LP_ACTION_UNICAST, LP_DROP_NONE},
		{LP_OVERLAY_NUMBERED, 5, LP_ACTION_DROP, LP_DROP_DUPLICATE},
		{LP_OVERLAY_FIRST, 5, LP_ACTION_DROP, LP_DROP_DUPLICATE},
		{LP_OVERLAY_SECOND, 5, LP_ACTION_DROP, LP_DROP_DUPLICATE},
		{LP_OVERLAY_FIRST, 6, LP_ACTION_WAIT, LP_DROP_NONE},
		{LP_OVERLAY_SECOND, 6, LP_ACTION_UNICAST, LP_DROP_NONE},
		{LP_OVERLAY_NUMBERED, 6, LP_ACTION_DROP, LP_DROP_DUPLICATE},
		{LP_OVERLAY_FIRST, 6, LP_ACTION_DROP, LP_DROP_DUPLICATE},
		{LP_OVERLAY_FIRST, 7, LP_ACTION_WAIT, LP_DROP_NONE},
		{LP_OVERLAY_NUMBERED, 7, LP_ACTION_UNICAST, LP_DROP_NONE},
		{LP_OVERLAY_SECOND, 7, LP_ACTION_DROP, LP_DROP_DUPLICATE},
		{LP_OVERLAY_WHOLE, 7, LP_ACTION_UNICAST, LP_DROP_NONE},
	};
	(void)state;
	struct relay *r = with_frames(FRAMES, 1, 2);
	uint8_t f[FRAME_CAP];
	size_t len = tcp_frame(f, 1, player_mac(2), 700), passed = 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct lp_verdict v = send_as(r, 1, steps[i].type, steps[i].id, f, len);
		assert_int_equal(v.action, steps[i].action);
		assert_int_equal(v.drop, steps[i].drop);
		passed += v.action == LP_ACTION_UNICAST;
	}
	uint64_t tags[TAGS];
	assert_int_equal(take_tags(r, 2, LP_DATAGRAM_MAX, tags), passed);
	assert_int_equal(relay_counters(r).drops[LP_DROP_DUPLICATE], 6);
	/* duplicates are no protocol error, because packets can arrive late */
	for (int i = 0; i < 2 * LP_HUB_MALFORMED_MAX; i++)
		send_as(r, 1, LP_OVERLAY_NUMBERED, 5, f, len);
	assert_false(r->peers[1].closed);
	relay_free(r);
}

/* Members that report different fates, in one room. */
static void unacknowledged_frames_are_released(void **state)
{
	(void)state;
	struct relay *r = with_frames(FRAMES, 1, 4);
	uint64_t tags[TAGS];
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 100; i++) {
			send_tcp(r, 1, player_mac(2), 500);
			send_tcp(r, 1, player_mac(3), 500);
			assert_int_equal(send_tcp(r, 1, player_mac(4), 500).targets, 1);
		}
		take_tags(r, 2, LP_DATAGRAM_MAX, tags);                /* never reports anything */
		size_t count = take_tags(r, 3, LP_DATAGRAM_MAX, tags); /* reports all as lost */
		for (size_t i = 0; i < count; i++)
			peer_lost(r, 3, tags[i]);
		/* an honest one beside them has its buffers */
		count = take_tags(r, 4, LP_DATAGRAM_MAX, tags);
		assert_int_equal(count, 100);
		for (size_t i = 0; i < count; i++)
			peer_acked(r, 4, tags[i]);
		assert_true(relay_counters(r).frames_free >= FRAMES / 4);
		r->now += LP_MILLISECOND;
	}
	assert_true(relay_counters(r).frames_free < FRAMES);
	assert_true(relay_counters(r).retransmitted > 0);
	take_tags(r, 3, LP_DATAGRAM_MAX, tags);
	wait_until_forgotten(r);
	assert_int_equal(relay_counters(r).frames_free, FRAMES);
	relay_free(r);
}

static void a_loss_wakes_the_connection_again(void **state)
{
	(void)state;
	struct relay *r = with_frames(FRAMES, 1, 2);
	uint64_t tags[TAGS];
	send_tcp(r, 1, player_mac(2), 500);
	assert_true(peer_is_woken(r, 2));
	assert_int_equal(take_tags(r, 2, LP_DATAGRAM_MAX, tags), 1);
	assert_false(peer_is_woken(r, 2));
	peer_lost(r, 2, tags[0]);
	assert_true(peer_is_woken(r, 2));
	assert_int_equal(take_tags(r, 2, LP_DATAGRAM_MAX, tags), 1);
	relay_free(r);
}

static void a_leaving_member_releases_the_frames_kept_for_it(void **state)
{
	(void)state;
	struct relay *r = with_frames(FRAMES, 1, 3);
	uint64_t tags[TAGS];
	for (int i = 0; i < 100; i++)
		send_tcp(r, 1, BROADCAST, 500);
	size_t count = take_tags(r, 2, LP_DATAGRAM_MAX, tags);
	for (size_t i = 0; i < count / 2; i++)
		peer_lost(r, 2, tags[i]);
	peer_closed(r, 2, LP_LEAVE_NORMAL);
	uint64_t others[TAGS];
	assert_int_equal(take_tags(r, 3, LP_DATAGRAM_MAX, others), count);
	for (size_t i = 0; i < count; i++) {
		/* somebody else's, and over */
		peer_acked(r, 3, tags[i]);
		peer_lost(r, 3, tags[i]);
		assert_int_equal(relay_counters(r).frames_free, FRAMES - count + i);
		peer_acked(r, 3, others[i]);
	}
	assert_int_equal(relay_counters(r).frames_free, FRAMES);
	relay_free(r);
}

/* Sequential, random and extreme numbers hold no memory. */
static void a_flood_of_numbers_and_fragments_takes_no_buffers(void **state)
{
	(void)state;
	struct relay *r = with_frames(64, 1, 3);
	uint8_t f[FRAME_CAP];
	uint32_t random = 1;
	size_t len = tcp_frame(f, 1, player_mac(2), 100), passed = 0;
	for (uint32_t i = 0; i < 4 * NUMBERS; i++) {
		random = random * 1664525 + 1013904223;
		const uint16_t ids[] = {(uint16_t)i, (uint16_t)(random >> 16),
			(uint16_t)(i % 2 * 0x8000), (uint16_t)(i * 4095)};
		static const enum lp_overlay_type types[] = {LP_OVERLAY_NUMBERED, LP_OVERLAY_FIRST,
			LP_OVERLAY_SECOND, LP_OVERLAY_NUMBERED};
		r->now += LP_MILLISECOND;
		struct lp_verdict v = send_as(r, 1, types[i % 7 % 4], ids[i / NUMBERS], f, len);
		passed += v.action == LP_ACTION_UNICAST;
		assert_false(r->peers[1].closed);
		peer_take_all(r, 2);
		assert_true(relay_counters(r).frames_free >= 64 - LP_REASSEMBLY_SLOTS - 32);
		if (i % 1000 == 0) { /* others have their buffers */
			assert_int_equal(send_tcp(r, 3, player_mac(2), 100).targets, 1);
			assert_int_equal(peer_take_all(r, 2), 1);
		}
	}
	assert_true(passed > NUMBERS / 2);
	wait_until_forgotten(r);
	assert_int_equal(relay_counters(r).frames_free, 64);
	relay_free(r);
}

/* A broadcast takes one buffer, and an entry per queue: the pool has LP_ENTRIES_PER_FRAME per
 * buffer. */
static void broadcasts_to_many_slow_members_leave_entries_for_the_others(void **state)
{
	(void)state;
	for (int reads = 0; reads < 2; reads++) {
		struct lp_hub_config config = relay_config();
		config.frames = 128;
		struct relay *r = relay_new(&config);
		for (int i = 1; i <= 62; i++)
			peer_join_as(r, i, LP_CAPS_KNOWN);
		uint64_t tags[TAGS];
		/* They read nothing, or read and acknowledge nothing. */
		for (int i = 0; i < 300; i++) {
			send_tcp(r, 1, BROADCAST, 100);
			for (int k = 2; reads && k <= 61; k++)
				take_tags(r, k, LP_DATAGRAM_MAX, tags);
			take_tags(r, 62, LP_DATAGRAM_MAX, tags);
		}
		for (int i = 0; i < 8; i++)
			if (send_tcp(r, 1, player_mac(62), 100).targets != 1)
				fail_msg("no place is left when the others %s",
					reads ? "acknowledge nothing" : "read nothing");
		assert_int_equal(take_tags(r, 62, LP_DATAGRAM_MAX, tags), 8);
		/* two clients of another room */
		for (int i = 63; i <= 64; i++) {
			struct lp_control m = peer_hello(i, LP_ROLE_CLIENT);
			m.hello.room_key[0] = 9;
			peer_open(r, i, RELAY_PATH);
			peer_say(r, i, 0, &m);
		}
		assert_int_equal(send_tcp(r, 63, player_mac(64), 100).targets, 1);
		assert_int_equal(take_tags(r, 64, LP_DATAGRAM_MAX, tags), 1);
		for (int k = 2; k <= 62; k++)
			take_tags(r, k, LP_DATAGRAM_MAX, tags);
		wait_until_forgotten(r);
		assert_int_equal(relay_counters(r).frames_free, 128);
		relay_free(r);
	}
}

static void a_broadcast_with_too_few_entries_reaches_some_members(void **state)
{
	(void)state;
	struct relay *r = with_frames(1, 1, 12);
	struct lp_verdict v = send_tcp(r, 1, BROADCAST, 100);
	assert_int_equal(v.targets, LP_ENTRIES_PER_FRAME);
	assert_int_equal(v.skipped, 11 - LP_ENTRIES_PER_FRAME);
	size_t got = 0;
	for (int i = 2; i <= 12; i++)
		got += peer_take_all(r, i);
	assert_int_equal(got, LP_ENTRIES_PER_FRAME);
	wait_until_forgotten(r);
	assert_int_equal(relay_counters(r).frames_free, 1);
	relay_free(r);
}

static void a_frame_without_a_free_entry_is_dropped(void **state)
{
	(void)state;
	const int last = 2 * LP_ENTRIES_PER_FRAME + 2;
	struct relay *r = with_frames(2, 1, last);
	assert_int_equal(send_tcp(r, 1, BROADCAST, 100).targets, 2 * LP_ENTRIES_PER_FRAME);
	struct lp_verdict v = send_tcp(r, 1, BROADCAST, 100);
	assert_int_equal(v.action, LP_ACTION_DROP);
	assert_int_equal(v.drop, LP_DROP_QUEUE_FULL);
	assert_int_equal(relay_counters(r).frames_free, 1);
	for (int i = 2; i <= last; i++)
		peer_take_all(r, i);
	wait_until_forgotten(r);
	assert_int_equal(relay_counters(r).frames_free, 2);
	relay_free(r);
}

/* How each kind of member receives a frame, by its capabilities and its path. */
static void old_members_receive_unnumbered_frames(void **state)
{
	static const struct {
		uint64_t capabilities;
		size_t max;
		enum lp_overlay_type types[2];
		size_t count;
		const char *why;
	} rows[] = {
		{0, 1400, {LP_OVERLAY_WHOLE}, 1, "old: whole"},
		{0, 1007, {LP_OVERLAY_WHOLE}, 0, "old, and too big"},
		{LP_CAP_FRAGMENTS, 1400, {LP_OVERLAY_WHOLE}, 1, "of the first release: whole"},
		{LP_CAP_FRAGMENTS, 1007, {LP_OVERLAY_FIRST, LP_OVERLAY_SECOND}, 2, "fragments"},
		{LP_CAP_RETRANSMIT, 1400, {LP_OVERLAY_NUMBERED}, 1, "numbered"},
		{LP_CAP_RETRANSMIT, 1009, {LP_OVERLAY_WHOLE}, 1, "a number does not fit"},
		{LP_CAP_RETRANSMIT, 1007, {LP_OVERLAY_WHOLE}, 0, "numbered, and too big"},
		{LP_CAPS_KNOWN, 1010, {LP_OVERLAY_NUMBERED}, 1, "a number just fits"},
		{LP_CAPS_KNOWN, 1007, {LP_OVERLAY_FIRST, LP_OVERLAY_SECOND}, 2, "new: fragments"},
		{UINT64_MAX >> 2, 1400, {LP_OVERLAY_NUMBERED}, 1, "newer than we"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct relay *r = with_frames(FRAMES, 1, 0);
		join_small(r, 1, LP_CAPS_KNOWN);
		const struct peer *p = join_small(r, 2, rows[i].capabilities);
		uint8_t got[LP_DATAGRAM_MAX];
		struct lp_overlay o;
		assert_int_equal(p->welcome.capabilities, rows[i].capabilities & LP_CAPS_KNOWN);
		assert_int_equal(send_tcp(r, 1, player_mac(2), 1000).targets, 1);
		for (size_t k = 0; k < rows[i].count; k++)
			if (!peer_take_max(r, 2, rows[i].max, got, &o) ||
				o.type != rows[i].types[k])
				fail_msg("%s", rows[i].why);
		if (peer_take_max(r, 2, rows[i].max, got, &o))
			fail_msg("%s, and one more", rows[i].why);
		assert_int_equal(relay_counters(r).copy_drops[LP_DROP_TOO_BIG], !rows[i].count);
		relay_free(r);
	}
}

static void F1_types_that_a_peer_did_not_say_it_can_do_are_malformed(void **state)
{
	static const struct {
		uint64_t capabilities;
		enum lp_overlay_type type;
		bool may;
	} rows[] = {
		{0, LP_OVERLAY_NUMBERED, false},
		{0, LP_OVERLAY_FIRST, false},
		{LP_CAP_FRAGMENTS, LP_OVERLAY_NUMBERED, false},
		{LP_CAP_FRAGMENTS, LP_OVERLAY_SECOND, true},
		{LP_CAP_RETRANSMIT, LP_OVERLAY_NUMBERED, true},
		{LP_CAP_RETRANSMIT, LP_OVERLAY_FIRST, false},
		{LP_CAP_RETRANSMIT, LP_OVERLAY_SECOND, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct relay *r = with_frames(FRAMES, 1, 0);
		uint8_t f[FRAME_CAP];
		size_t len = tcp_frame(f, 2, player_mac(1), 100);
		join_small(r, 1, LP_CAPS_KNOWN);
		join_small(r, 2, rows[i].capabilities);
		for (uint16_t n = 0; n <= LP_HUB_MALFORMED_MAX; n++)
			assert_int_equal(send_as(r, 2, rows[i].type, n, f, len).drop,
				rows[i].may ? LP_DROP_NONE : LP_DROP_WRONG_TYPE);
		assert_int_equal(r->peers[2].closed, !rows[i].may);
		relay_free(r);
	}
}

/* An old member's fragments can reuse a frame id, and nothing distinguishes them from
 * duplicates. */
static void fragments_of_an_old_member_skip_duplicate_detection(void **state)
{
	(void)state;
	struct relay *r = with_frames(FRAMES, 1, 1);
	uint8_t f[FRAME_CAP];
	size_t len = tcp_frame(f, 2, player_mac(1), 100);
	peer_join_as(r, 2, LP_CAP_FRAGMENTS);
	for (int n = 0; n < 3; n++) {
		assert_int_equal(send_as(r, 2, LP_OVERLAY_FIRST, 1, f, len).action, LP_ACTION_WAIT);
		assert_int_equal(
			send_as(r, 2, LP_OVERLAY_SECOND, 1, f, len).action, LP_ACTION_UNICAST);
	}
	relay_free(r);
}

static const struct lp_frame *frame_of(const uint8_t *bytes)
{
	return (const struct lp_frame *)(const void *)(bytes - offsetof(struct lp_frame, bytes));
}

/* QUIC receives the pooled frame's own bytes, for every target and every transmission. */
static void a_frame_is_copied_once_for_any_number_of_recipients(void **state)
{
	(void)state;
	enum { TARGETS = 8 };
	for (int fragments = 0; fragments < 2; fragments++) {
		struct relay *r = with_frames(FRAMES, 1, 1 + TARGETS);
		uint8_t f[FRAME_CAP];
		size_t len = tcp_frame(f, 1, BROADCAST, 1200);
		const uint8_t *at = NULL;
		uint64_t tags[TARGETS];
		if (fragments) { /* reassembled in the buffer that is sent */
			send_as(r, 1, LP_OVERLAY_SECOND, 1, f, len);
			assert_int_equal(relay_counters(r).frames_free, FRAMES - 1);
			assert_int_equal(
				send_as(r, 1, LP_OVERLAY_FIRST, 1, f, len).targets, TARGETS);
		} else {
			assert_int_equal(peer_frame(r, 1, f, len).targets, TARGETS);
		}
		assert_int_equal(relay_counters(r).frames_free, FRAMES - 1);
		assert_int_equal(relay_counters(r).copies, TARGETS);
		for (int n = 0; n < 2 * TARGETS; n++) { /* lost the first time */
			int to = 2 + n % TARGETS;
			struct lp_datagram d;
			assert_true(peer_peek(r, to, LP_DATAGRAM_MAX, true, &d));
			at = at ? at : d.bytes;
			assert_ptr_equal(d.bytes, at);
			assert_int_equal(d.len, len);
			assert_int_equal(frame_of(at)->len, len);
			assert_int_equal(frame_of(at)->references, TARGETS);
			peer_pop(r, to);
			tags[n % TARGETS] = d.tag;
			if (n < TARGETS)
				peer_lost(r, to, d.tag);
		}
		assert_memory_equal(at, f, len);
		assert_int_equal(relay_counters(r).frames_free, FRAMES - 1);
		assert_int_equal(relay_counters(r).retransmitted, TARGETS);
		for (int n = 0; n < TARGETS; n++) {
			assert_int_equal(frame_of(at)->references, TARGETS - n);
			peer_acked(r, 2 + n, tags[n]);
		}
		assert_int_equal(relay_counters(r).frames_free, FRAMES);
		relay_free(r);
	}
}

static void fragments_are_sent_from_the_same_copy(void **state)
{
	(void)state;
	struct relay *r = with_frames(FRAMES, 1, 3);
	uint8_t f[FRAME_CAP];
	const uint8_t *at = NULL;
	size_t len = tcp_frame(f, 1, BROADCAST, 1201);
	assert_int_equal(peer_frame(r, 1, f, len).targets, 2);
	for (int n = 0; n < 4; n++) {
		int to = 2 + n % 2;
		struct lp_datagram d;
		assert_true(peer_peek(r, to, 1000, true, &d));
		at = at ? at : d.bytes;
		assert_ptr_equal(d.bytes, n < 2 ? at : at + 601);
		assert_int_equal(d.len, n < 2 ? 601 : 600);
		peer_pop(r, to);
		assert_int_equal(relay_counters(r).frames_free, n < 3 ? FRAMES - 1 : FRAMES);
	}
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_accepted_once_whatever_its_datagram_type),
		cmocka_unit_test(unacknowledged_frames_are_released),
		cmocka_unit_test(a_loss_wakes_the_connection_again),
		cmocka_unit_test(a_leaving_member_releases_the_frames_kept_for_it),
		cmocka_unit_test(a_flood_of_numbers_and_fragments_takes_no_buffers),
		cmocka_unit_test(broadcasts_to_many_slow_members_leave_entries_for_the_others),
		cmocka_unit_test(a_broadcast_with_too_few_entries_reaches_some_members),
		cmocka_unit_test(a_frame_without_a_free_entry_is_dropped),
		cmocka_unit_test(old_members_receive_unnumbered_frames),
		cmocka_unit_test(F1_types_that_a_peer_did_not_say_it_can_do_are_malformed),
		cmocka_unit_test(fragments_of_an_old_member_skip_duplicate_detection),
		cmocka_unit_test(a_frame_is_copied_once_for_any_number_of_recipients),
		cmocka_unit_test(fragments_are_sent_from_the_same_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
