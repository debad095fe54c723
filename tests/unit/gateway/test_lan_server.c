/* Another LAN behind a switch is noticed by its DHCP server (row K5), and a server that is silent is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "frames.h"
#include "lan_server.h"
#include "lanparty/packet/headers.h"
#include "null_port.h"

#define SERVER IPV4(192, 168, 77, 1)
#define XID    (LP_ETH_HEADER + LP_IPV4_MIN + LP_UDP_HEADER + LP_DHCP_XID)

static struct lp_lan_server watched;
static lp_time now;
static uint8_t asked[FRAME_CAP]; /* the last question */
static size_t asked_len, questions;

static bool write_frame(struct lp_port *port, const uint8_t *frame, size_t len)
{
	(void)port;
	memcpy(asked, frame, len);
	asked_len = len;
	questions++;
	return true;
}

static const struct lp_port_ops ops = {.write = write_frame};
static struct lp_port port = {&ops};

static int begin(void **state)
{
	(void)state;
	watched = (struct lp_lan_server){.heard = 0};
	now = 100 * LP_SECOND;
	questions = 0;
	return 0;
}

/* So many seconds pass. Returns how many questions were asked. */
static size_t pass(unsigned seconds)
{
	size_t before = questions;
	for (; seconds > 0; seconds--) {
		now += LP_SECOND;
		lp_lan_server_on_time(&watched, &port, now);
	}
	return questions - before;
}

static bool asks_anybody(void)
{
	return asked_len > LP_ETH_HEADER + LP_ARP_SIZE;
}

/* A server answers the last question for one. */
static bool answers(unsigned server, uint32_t ipv4)
{
	uint8_t f[FRAME_CAP];
	assert_true(asks_anybody());
	const struct frame_lease lease = {.client = watched.asker,
		.server_mac = host_mac(server),
		.server = ipv4,
		.address = IPV4(192, 168, 77, 100)};
	size_t len = frame_dhcp_reply(f, &lease);
	memcpy(f + XID, asked + XID, 4);
	return lp_lan_server_take(&watched, f, len, now);
}

static bool replies(unsigned server, uint32_t ipv4)
{
	uint8_t f[FRAME_CAP];
	size_t len = frame_arp(f, watched.asker, host_mac(server), host_mac(server), ipv4, 0);
	return lp_lan_server_take(&watched, f, len, now);
}

static void K5_a_server_that_answers_is_asked_alone(void **state)
{
	(void)state;
	const struct lp_mac server = host_mac(1);
	assert_int_equal(pass(1), 1);
	assert_false(answers(1, SERVER)); /* the first one */
	for (int i = 0; i < 5; i++) {
		assert_int_equal(pass(2), 1);
		assert_false(asks_anybody());
		assert_memory_equal(asked, server.b, 6);
		assert_memory_equal(asked + 6, watched.asker.b, 6);
		assert_int_equal(lp_get32(asked + LP_ETH_HEADER + LP_ARP_SENDER_IP), 0);
		assert_int_equal(lp_get32(asked + LP_ETH_HEADER + LP_ARP_TARGET_IP), SERVER);
		assert_false(replies(1, SERVER));
	}
}

static void K5_another_server_is_another_lan(void **state)
{
	(void)state;
	static const struct {
		unsigned mac;
		uint32_t ipv4;
		bool other;
	} rows[] = {{1, SERVER, false}, {2, SERVER, true}, {1, SERVER + 1, true}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(NULL);
		pass(1);
		answers(1, SERVER);
		assert_int_equal(pass(3), 2);
		assert_true(asks_anybody());
		assert_int_equal(answers(rows[i].mac, rows[i].ipv4), rows[i].other);
		assert_int_equal(pass(2), 1);
		assert_false(asks_anybody());
		assert_false(replies(rows[i].mac, rows[i].ipv4));
	}
}

/* Neither another host's reply, nor an old answer, nor one that nobody has asked for. */
static void K5_only_the_servers_own_answer_counts(void **state)
{
	(void)state;
	pass(1);
	answers(1, SERVER);
	pass(2);
	replies(2, SERVER);
	replies(1, SERVER + 1);
	pass(1);
	assert_true(asks_anybody());
	asked[XID]++;
	assert_false(answers(2, SERVER));
	asked[XID]--;
	assert_true(answers(2, SERVER));
	assert_false(answers(3, SERVER)); /* a second one to the same question */
	memset(asked + XID, 0, 4);
	assert_false(answers(3, SERVER)); /* one to nobody's question */
}

static void K5_a_silent_lan_is_no_other_and_is_asked_less_and_less(void **state)
{
	(void)state;
	pass(1);
	answers(1, SERVER);
	assert_in_range(pass(64), 6, 10);
	assert_in_range(pass(600), 9, 11);
	assert_true(asks_anybody());
	assert_false(answers(1, SERVER));
	assert_int_equal(pass(2), 1);
	assert_false(asks_anybody());
}

static void K5_a_lan_that_is_known_to_be_another_is_learnt_without_a_word(void **state)
{
	(void)state;
	pass(1);
	answers(1, SERVER);
	lp_lan_server_forget(&watched);
	assert_int_equal(pass(1), 1);
	assert_false(answers(2, SERVER));
	assert_int_equal(pass(3), 2);
	assert_true(answers(1, SERVER));
}

/* As a server behind a firewall does. */
static void K5_a_server_that_answers_no_arp_is_asked_less_and_less(void **state)
{
	(void)state;
	size_t broadcasts = 0;
	for (int i = 0; i < 600; i++) {
		if (pass(1) == 0 || !asks_anybody())
			continue;
		broadcasts++;
		assert_false(answers(1, SERVER));
	}
	assert_in_range(broadcasts, 14, 17);
	assert_int_equal(pass(60), 1);
	assert_false(replies(1, SERVER));
	assert_int_equal(pass(3), 2); /* once it has answered, it is missed at once */
	assert_true(asks_anybody());
	assert_int_equal(pass(1), 1);
}

static void K5_servers_that_take_turns_are_another_lan_once_per_minute(void **state)
{
	(void)state;
	lp_time last = 0;
	unsigned others = 0;
	for (unsigned i = 0; i < 200; i++) {
		unsigned server = 1 + i % 2;
		do
			pass(1);
		while (!asks_anybody());
		bool other = answers(server, SERVER);
		pass(2);
		assert_false(asks_anybody());
		other |= replies(server, SERVER);
		if (!other)
			continue;
		assert_true(last == 0 || now >= last + 60 * LP_SECOND);
		last = now;
		others++;
	}
	assert_in_range(now, 1000 * LP_SECOND, 1200 * LP_SECOND);
	assert_in_range(others, 8, 18);
}

/* What follows within the minute is not forgotten. */
static void K5_the_last_of_several_lans_is_reported_after_a_minute(void **state)
{
	(void)state;
	pass(1);
	answers(1, SERVER);
	pass(3);
	assert_true(answers(2, SERVER));
	pass(3);
	assert_false(answers(3, SERVER));
	for (int i = 0; i < 28; i++) {
		assert_int_equal(pass(2), 1);
		assert_false(replies(3, SERVER));
	}
	pass(2);
	assert_true(replies(3, SERVER));
	pass(2);
	assert_false(replies(3, SERVER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(K5_a_server_that_answers_is_asked_alone, begin),
		cmocka_unit_test_setup(K5_another_server_is_another_lan, begin),
		cmocka_unit_test_setup(K5_only_the_servers_own_answer_counts, begin),
		cmocka_unit_test_setup(
			K5_a_silent_lan_is_no_other_and_is_asked_less_and_less, begin),
		cmocka_unit_test_setup(
			K5_a_lan_that_is_known_to_be_another_is_learnt_without_a_word, begin),
		cmocka_unit_test_setup(
			K5_a_server_that_answers_no_arp_is_asked_less_and_less, begin),
		cmocka_unit_test_setup(
			K5_servers_that_take_turns_are_another_lan_once_per_minute, begin),
		cmocka_unit_test_setup(
			K5_the_last_of_several_lans_is_reported_after_a_minute, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
