/* The relay's buffers: how many of them slow members, fragments and former members can hold. */
#include "hub_unit.h"
#include "lanparty/path/receiver.h"
#include "lanparty/path/sender.h"

static void a_full_queue_of_one_member_costs_the_others_no_frame(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 3);
	for (int i = 0; i < LP_SENDER_FRAMES; i++) {
		assert_passed(send_udp(r, 1, BROADCAST, 100), LP_ACTION_FLOOD, 2);
		assert_int_equal(peer_take_all(r, 3), 1);
	}
	/* member 2 does not read, so its oldest frames are dropped */
	r->now += LP_SENDER_BURST_TIME;
	assert_int_equal(relay_counters(r).copy_drops[LP_DROP_QUEUE_FULL], 0);
	assert_passed(send_udp(r, 1, BROADCAST, 100), LP_ACTION_FLOOD, 2);
	assert_int_equal(relay_counters(r).copy_drops[LP_DROP_QUEUE_FULL], 1);
	assert_int_equal(peer_take_all(r, 3), 1);
	assert_passed(send_udp(r, 1, player_mac(2), 100), LP_ACTION_UNICAST, 1);
	assert_int_equal(relay_counters(r).copy_drops[LP_DROP_QUEUE_FULL], 2);
	assert_passed(send_udp(r, 1, player_mac(3), 100), LP_ACTION_UNICAST, 1);
	assert_int_equal(peer_take_all(r, 2), LP_SENDER_FRAMES);
	assert_passed(send_udp(r, 1, player_mac(2), 100), LP_ACTION_UNICAST, 1);
	assert_int_equal(relay_counters(r).copy_drops[LP_DROP_QUEUE_FULL], 2);
	relay_free(r);
}

/* More than a window admits at once, to as many members as a large LAN party has. */
static void a_burst_of_group_frames_reaches_each_of_32_members_whole(void **state)
{
	(void)state;
	const size_t frames = 900;
	struct lp_hub_config config = relay_config();
	config.frames = 16384;
	struct relay *r = with_config(&config, 1, 33);
	for (size_t i = 0; i < frames; i++)
		assert_passed(send_udp(r, 1, BROADCAST, 1380), LP_ACTION_FLOOD, 32);
	r->now += LP_SENDER_BURST_TIME / 2;
	for (int i = 2; i <= 33; i++)
		assert_int_equal(peer_take_all(r, i), frames);
	assert_int_equal(relay_counters(r).copy_drops[LP_DROP_QUEUE_FULL], 0);
	relay_free(r);
}

static void many_slow_members_leave_buffers_for_the_others(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.frames = 1024;
	struct relay *r = with_config(&config, 1, 12);
	for (int i = 0; i < LP_SENDER_FRAMES; i++)
		for (unsigned slow = 2; slow <= 11; slow++)
			send_udp(r, 1, player_mac(slow), 100);
	assert_true(relay_counters(r).frames_free >= 256);
	for (int i = 0; i < 48; i++)
		assert_passed(send_udp(r, 1, player_mac(12), 100), LP_ACTION_UNICAST, 1);
	assert_int_equal(peer_take_all(r, 12), 48);
	relay_free(r);
}

static void unfinished_fragments_leave_buffers_for_the_others(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.frames = 32;
	struct relay *r = with_config(&config, 1, 8);
	uint8_t f[FRAME_CAP];
	size_t len = frame_udp(f, player_mac(8), player_mac(1), LAN(101), LAN(99), 5000, 1000);
	for (int peer = 1; peer <= 7; peer++)
		for (uint16_t id = 0; id < LP_REASSEMBLY_SLOTS; id++)
			send_as(r, peer, LP_OVERLAY_FIRST, id, f, len);
	assert_in_range(relay_counters(r).frames_free, 8, 16); /* 56 fragments were sent */
	assert_passed(send_udp(r, 1, player_mac(8), 100), LP_ACTION_UNICAST, 1);
	/* a single frame still passes */
	assert_int_equal(send_as(r, 1, LP_OVERLAY_FIRST, 99, f, len).action, LP_ACTION_WAIT);
	assert_int_equal(send_as(r, 1, LP_OVERLAY_SECOND, 99, f, len).action, LP_ACTION_UNICAST);
	relay_free(r);
}

static void fragments_of_a_silent_member_return_to_the_pool(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	uint8_t f[FRAME_CAP];
	size_t len = frame_udp(f, player_mac(2), player_mac(1), LAN(101), LAN(99), 5000, 1000);
	size_t before = relay_counters(r).frames_free;
	assert_int_equal(send_as(r, 1, LP_OVERLAY_FIRST, 1, f, len).action, LP_ACTION_WAIT);
	assert_int_equal(relay_counters(r).frames_free, before - 1);
	relay_at(r, r->now + LP_HUB_STATUS_INTERVAL);
	assert_int_equal(relay_counters(r).frames_free, before);
	relay_free(r);
}

static void frames_are_dropped_while_all_buffers_are_in_use(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.frames = 3;
	struct relay *r = with_config(&config, 1, 3);
	uint8_t f[FRAME_CAP];
	size_t len = frame_udp(f, player_mac(2), player_mac(1), LAN(101), LAN(99), 5000, 1000);
	for (int i = 0; i < 3; i++) /* a broadcast takes one buffer */
		assert_passed(send_udp(r, 1, BROADCAST, 100), LP_ACTION_FLOOD, 2);
	assert_dropped(send_udp(r, 1, BROADCAST, 100), LP_DROP_QUEUE_FULL);
	assert_int_equal(send_as(r, 1, LP_OVERLAY_FIRST, 1, f, len).action, LP_ACTION_WAIT);
	assert_int_equal(send_as(r, 1, LP_OVERLAY_SECOND, 1, f, len).action, LP_ACTION_WAIT);
	assert_int_equal(relay_counters(r).frames_free, 0);
	assert_int_equal(peer_take_all(r, 2), 3);
	assert_int_equal(relay_counters(r).frames_free, 0); /* member 3 still holds them */
	peer_closed(r, 3, LP_LEAVE_NORMAL);
	assert_int_equal(relay_counters(r).frames_free, 3);
	assert_passed(send_udp(r, 1, BROADCAST, 100), LP_ACTION_FLOOD, 1);
	relay_free(r);
}

static void a_member_that_has_left_receives_no_more_frames(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	const struct lp_control bye = {.type = LP_DISCONNECT};
	assert_passed(send_udp(r, 1, player_mac(2), 100), LP_ACTION_UNICAST, 1);
	assert_true(peer_is_woken(r, 2));
	peer_message(r, 2, &bye);
	assert_int_equal(peer_take_all(r, 2), 0);
	assert_dropped(send_udp(r, 1, player_mac(2), 100), LP_DROP_NO_TARGET);
	assert_false(peer_is_woken(r, 2));
	peer_closed(r, 2, LP_LEAVE_OTHER);
	assert_int_equal(relay_counters(r).frames_free, 2048);
	relay_free(r);
}

static void when_a_member_leaves_the_others_are_woken_and_get_their_frames(void **state)
{
	(void)state;
	for (int leaver = 2; leaver <= 5; leaver++) {
		struct relay *r = with_peers(1, 5);
		send_udp(r, 1, BROADCAST, 100);
		send_udp(r, 1, BROADCAST, 100);
		peer_closed(r, leaver, LP_LEAVE_NORMAL);
		for (int i = 2; i <= 5; i++) {
			assert_true(peer_is_woken(r, i));
			if (i != leaver)
				assert_int_equal(peer_take_all(r, i), 2);
		}
		int other = leaver == 2 ? 3 : 2;
		send_udp(r, 1, player_mac((unsigned)other), 100);
		for (int i = 2; i <= 5; i++)
			assert_int_equal(peer_is_woken(r, i), i == other);
		relay_free(r);
	}
}

/* A fragment of a datagram with this id, in frame f. */
static size_t fragment_of(uint8_t *f, uint16_t id, size_t offset, bool more)
{
	size_t len = frame_udp(
		f, player_mac(2), player_mac(1), LAN(1), LAN(2), 5000, LP_ETH_HEADER + 20 + 64);
	frame_fragment(f, len, id, offset, more);
	return len;
}

/* S2: paths reorder packets, so that a later fragment can arrive before the first one. */
static void S2_a_later_fragment_waits_for_the_first_one(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	uint8_t f[FRAME_CAP];
	size_t free_at_first = relay_counters(r).frames_free;
	for (uint16_t id = 1; id <= 5; id++) {
		struct lp_verdict v = peer_frame(r, 1, f, fragment_of(f, id, 64, false));
		assert_int_equal(v.drop, id <= 4 ? LP_DROP_NONE : LP_DROP_FRAGMENT);
		assert_int_equal(v.action, id <= 4 ? LP_ACTION_WAIT : LP_ACTION_DROP);
	}
	assert_int_equal(peer_take_all(r, 2), 0);
	relay_at(r, r->now + 49 * LP_MILLISECOND);
	peer_frame(r, 1, f, fragment_of(f, 2, 0, true));
	assert_int_equal(peer_take_all(r, 2), 2); /* both fragments of datagram 2 */
	relay_at(r, r->now + LP_MILLISECOND);
	peer_frame(r, 1, f, fragment_of(f, 3, 0, true));
	assert_int_equal(peer_take_all(r, 2), 1); /* the later one was dropped after 50 ms */
	assert_int_equal(relay_counters(r).drops[LP_DROP_FRAGMENT], 1 + 3);
	assert_int_equal(relay_counters(r).frames_free, free_at_first);
	relay_free(r);
}

/* No other frame arrives meanwhile. */
static void S2_a_later_fragment_gives_its_buffer_back_when_the_first_one_is_lost(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	uint8_t f[FRAME_CAP];
	size_t free_at_first = relay_counters(r).frames_free;
	peer_frame(r, 1, f, fragment_of(f, 1, 64, false));
	assert_int_equal(relay_counters(r).frames_free, free_at_first - 1);
	relay_at(r, r->now + LP_HUB_STATUS_INTERVAL);
	assert_int_equal(relay_counters(r).frames_free, free_at_first);
	assert_int_equal(relay_counters(r).drops[LP_DROP_FRAGMENT], 1);
	assert_int_equal(relay_counters(r).actions[LP_ACTION_DROP], 1);
	relay_free(r);
}

/* The relay tries it again with the first fragment of each other datagram. */
static void L3_a_fragment_that_waits_is_charged_once(void **state)
{
	(void)state;
	for (size_t group = 0; group < 2; group++) {
		struct lp_hub_config config = relay_config();
		uint8_t f[FRAME_CAP];
		const size_t len = fragment_of(f, 0, 0, true), recipients = 1 + group;
		config.rooms.limits.client_rate = 1;
		config.rooms.limits.client_burst = 7 * len * recipients;
		struct relay *r = with_config(&config, 1, 3);
		for (uint16_t i = 0; i < 8; i++) {
			uint16_t id = i < 3 ? 1 + i
					    : 7 - i; /* the later fragments of three, then 4 to 0 */
			fragment_of(f, id, i < 3 ? 64 : 0, i >= 3);
			if (group)
				memset(f, 0xff, 6);
			struct lp_verdict v = peer_frame(r, 1, f, len);
			assert_int_equal(v.drop, i < 7 ? LP_DROP_NONE : LP_DROP_BYTE_RATE);
		}
		assert_int_equal(peer_take_all(r, 2), 7);
		relay_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_queue_of_one_member_costs_the_others_no_frame),
		cmocka_unit_test(a_burst_of_group_frames_reaches_each_of_32_members_whole),
		cmocka_unit_test(many_slow_members_leave_buffers_for_the_others),
		cmocka_unit_test(unfinished_fragments_leave_buffers_for_the_others),
		cmocka_unit_test(fragments_of_a_silent_member_return_to_the_pool),
		cmocka_unit_test(frames_are_dropped_while_all_buffers_are_in_use),
		cmocka_unit_test(S2_a_later_fragment_waits_for_the_first_one),
		cmocka_unit_test(
			S2_a_later_fragment_gives_its_buffer_back_when_the_first_one_is_lost),
		cmocka_unit_test(L3_a_fragment_that_waits_is_charged_once),
		cmocka_unit_test(a_member_that_has_left_receives_no_more_frames),
		cmocka_unit_test(when_a_member_leaves_the_others_are_woken_and_get_their_frames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
