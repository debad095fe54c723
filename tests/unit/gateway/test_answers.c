/* A LAN that answers none of the room's frames is noticed, and one that is only quiet is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answers.h"
#include "frames.h"
#include "lanparty/packet/headers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PLAYER       IPV4(192, 168, 77, 91)
#define HOST         IPV4(192, 168, 77, 20)

enum kind { ARP, PROBE, ANNOUNCEMENT, DHCP, UNICAST, GAME, SOLICITATION, UNSPECIFIED };

static size_t solicitation(uint8_t *f, bool from_nobody)
{
	const struct lp_mac group = {{0x33, 0x33, 0xff, 0, 0, 20}};
	struct lp_writer w = frame_begin(f, group, player_mac(1), LP_ETHERTYPE_IPV6);
	uint8_t *ip = f + LP_ETH_HEADER;
	(void)w;
	memset(ip, 0, LP_IPV6_HEADER + 24);
	ip[0] = 0x60;
	lp_put16(ip + LP_IPV6_LENGTH, 24);
	ip[LP_IPV6_NEXT] = LP_IP_ICMPV6;
	ip[LP_IPV6_HOP_LIMIT] = LP_ND_HOP_LIMIT;
	ip[LP_IPV6_SOURCE] = from_nobody ? 0 : 0xfd;
	ip[LP_IPV6_DESTINATION] = 0xff;
	ip[LP_IPV6_HEADER] = LP_ND_NEIGHBOUR_SOLICITATION;
	return LP_ETH_HEADER + LP_IPV6_HEADER + 24;
}

static size_t make(uint8_t *f, enum kind kind)
{
	const struct lp_mac player = player_mac(1);
	switch (kind) {
	case ARP:
		return frame_arp(f, BROADCAST, player, player, PLAYER, HOST);
	case PROBE:
		return frame_arp(f, BROADCAST, player, player, 0, PLAYER);
	case ANNOUNCEMENT:
		return frame_arp(f, BROADCAST, player, player, PLAYER, PLAYER);
	case DHCP:
		return frame_dhcp_request(f, player, 1);
	case UNICAST:
		return frame_udp(f, host_mac(1), player, PLAYER, HOST, 27015, 60);
	case GAME:
		return frame_udp(f, BROADCAST, player, PLAYER, IPV4(192, 168, 77, 255), 27015, 60);
	case SOLICITATION:
		return solicitation(f, false);
	case UNSPECIFIED:
		return solicitation(f, true);
	}
	return 0;
}

/* Parsed and judged as the tunnel does it. */
static void judge(const uint8_t *f, size_t len, enum lp_role role, struct lp_view *ret_view,
	struct lp_filter_facts *ret_facts)
{
	const struct lp_filter filter = {0};
	struct lp_filter_source from;
	lp_view_of(f, len, ret_view);
	lp_filter_source_init(&from, role, &ret_view->eth.src);
	assert_int_equal(lp_filter_check(&filter, &from, ret_view, 0, ret_facts), LP_DROP_NONE);
}

static void note(struct lp_answers *a, const uint8_t *f, size_t len, lp_time now)
{
	struct lp_view view;
	struct lp_filter_facts facts;
	judge(f, len, LP_ROLE_CLIENT, &view, &facts);
	lp_answers_note(a, &view, &facts, now);
}

static void own(struct lp_answers *a, const uint8_t *f, size_t len)
{
	struct lp_view view;
	struct lp_filter_facts facts;
	judge(f, len, LP_ROLE_GATEWAY, &view, &facts);
	lp_answers_own(a, &view, &facts);
}

/* Asks, and then again so many times. */
static void ask(struct lp_answers *a, enum kind kind, unsigned times, lp_time now)
{
	uint8_t f[FRAME_CAP];
	size_t len = make(f, kind);
	for (unsigned i = 0; i <= times; i++)
		note(a, f, len, now);
}

static const struct {
	enum kind kind;
	bool asks;
	const char *story;
} kinds[] = {
	{ARP, true, "who has another address"},
	{PROBE, false, "is an address free (RFC 5227)"},
	{ANNOUNCEMENT, false, "an address is mine"},
	{DHCP, true, "a lease"},
	{UNICAST, true, "a frame to one host"},
	{GAME, false, "a game looks for servers"},
	{SOLICITATION, true, "who has another IPv6 address"},
	{UNSPECIFIED, false, "is an IPv6 address free (RFC 4862)"},
};

static void frames_that_nobody_answers_are_no_questions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct lp_answers a = {0};
		ask(&a, kinds[i].kind, LP_ANSWERS_FIRST_ASKED, 0);
		if (lp_answers_are_missing(&a, LP_ANSWERS_FIRST_TIME) != kinds[i].asks)
			fail_msg("%s", kinds[i].story);
	}
}

static void a_lan_that_never_answers_is_noticed_once(void **state)
{
	(void)state;
	struct lp_answers a = {0};
	ask(&a, DHCP, LP_ANSWERS_FIRST_ASKED - 1, 5);
	assert_false(lp_answers_are_missing(&a, 5 + LP_ANSWERS_FIRST_TIME));
	ask(&a, DHCP, 0, 6);
	assert_false(lp_answers_are_missing(&a, 5 + LP_ANSWERS_FIRST_TIME - 1));
	assert_true(lp_answers_are_missing(&a, 5 + LP_ANSWERS_FIRST_TIME));
	ask(&a, DHCP, 100, 7);
	assert_false(lp_answers_are_missing(&a, LP_NEVER - 1));
}

/* Players who play among themselves ask the LAN too, once each. */
static void a_question_is_counted_when_it_is_asked_again_soon(void **state)
{
	(void)state;
	uint8_t f[FRAME_CAP];
	struct lp_answers a = {0};
	for (unsigned i = 0; i < 20; i++)
		note(&a, f, frame_arp(f, BROADCAST, player_mac(i), player_mac(i), PLAYER, HOST + i),
			0);
	assert_int_equal(a.asked, 0);
	ask(&a, ARP, 0, LP_SECOND);
	assert_int_equal(a.asked, 0);
	ask(&a, ARP, 0, LP_SECOND + LP_ANSWERS_AGAIN);
	assert_int_equal(a.asked, 0);
	ask(&a, ARP, 0, LP_SECOND + 2 * LP_ANSWERS_AGAIN - 1);
	assert_int_equal(a.asked, 1);
}

static size_t reply(uint8_t *f, uint32_t from, uint32_t to)
{
	const struct lp_mac gateway = host_mac(9);
	return frame_arp(f, player_mac(1), gateway, gateway, from, to);
}

/* Only the gateway's own computer answers, as when the game runs there. */
static void answers_of_the_gateways_computer_end_their_question(void **state)
{
	(void)state;
	uint8_t f[FRAME_CAP];
	const struct lp_mac player = player_mac(1), gateway = host_mac(9);
	struct lp_answers a = {0};
	ask(&a, ARP, 2, 0);
	ask(&a, DHCP, 4, 0);
	assert_int_equal(a.asked, 6);
	own(&a, f, reply(f, HOST + 1, PLAYER));
	own(&a, f, frame_udp(f, player, gateway, HOST, PLAYER, 27015, 60));
	assert_int_equal(a.asked, 6); /* nobody has asked for these */
	own(&a, f, reply(f, HOST, PLAYER));
	assert_int_equal(a.asked, 4);
	own(&a, f, reply(f, HOST, PLAYER));
	assert_int_equal(a.asked, 4);
	ask(&a, ARP, 0, LP_SECOND);
	assert_int_equal(a.asked, 5);
	own(&a, f, frame_dhcp_ack(f, player, gateway, HOST, PLAYER, player));
	assert_int_equal(a.asked, 1);
	assert_false(a.answered);
}

static void an_answer_makes_it_wait_longer(void **state)
{
	(void)state;
	struct lp_answers a = {0};
	ask(&a, ARP, 2, 0);
	lp_answers_come(&a);
	ask(&a, ARP, LP_ANSWERS_LATER_ASKED - 1, 0);
	assert_false(lp_answers_are_missing(&a, LP_NEVER - 1));
	ask(&a, ARP, 0, 9);
	assert_false(lp_answers_are_missing(&a, LP_ANSWERS_LATER_TIME - 1));
	assert_true(lp_answers_are_missing(&a, LP_ANSWERS_LATER_TIME));
}

static void notices_are_rare(void **state)
{
	(void)state;
	struct lp_answers a = {0};
	lp_time now = LP_ANSWERS_FIRST_TIME, later = now + LP_ANSWERS_PAUSE;
	ask(&a, ARP, LP_ANSWERS_FIRST_ASKED, 0);
	assert_true(lp_answers_are_missing(&a, now));
	lp_answers_come(&a);
	lp_answers_reset(&a);
	ask(&a, ARP, LP_ANSWERS_FIRST_ASKED, now);
	assert_false(lp_answers_are_missing(&a, later - 1));
	assert_true(lp_answers_are_missing(&a, later));
}

static void another_way_into_the_lan_is_judged_anew(void **state)
{
	(void)state;
	struct lp_answers a = {0};
	ask(&a, ARP, LP_ANSWERS_FIRST_ASKED, 0);
	lp_answers_come(&a);
	ask(&a, ARP, LP_ANSWERS_FIRST_ASKED - 1, 0);
	lp_answers_reset(&a);
	ask(&a, ARP, LP_ANSWERS_FIRST_ASKED, LP_SECOND);
	assert_false(lp_answers_are_missing(&a, LP_ANSWERS_FIRST_TIME));
	assert_true(lp_answers_are_missing(&a, LP_SECOND + LP_ANSWERS_FIRST_TIME));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_that_nobody_answers_are_no_questions),
		cmocka_unit_test(a_lan_that_never_answers_is_noticed_once),
		cmocka_unit_test(a_question_is_counted_when_it_is_asked_again_soon),
		cmocka_unit_test(answers_of_the_gateways_computer_end_their_question),
		cmocka_unit_test(an_answer_makes_it_wait_longer),
		cmocka_unit_test(notices_are_rare),
		cmocka_unit_test(another_way_into_the_lan_is_judged_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
