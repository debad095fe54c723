/* What a member's program says of itself and of its room, word by word (row H4). */
#include "lanparty/peer/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "null_port.h"

#define NOW (100 * LP_SECOND)

static struct lp_peer_options options;
static struct lp_port port = {.ops = &null_port_ops};
static struct lp_link *member;
static struct lp_text said;

static void no_lookups(void *context)
{
	(void)context;
}

static void tell_nobody(void *context, const struct lp_tunnel_action *action)
{
	(void)context;
	(void)action;
}

static int open_link(void **state)
{
	static const struct lp_link_ops ops = {.stop_look_ups = no_lookups, .tell = tell_nobody};
	const struct lp_link_config config = {.options = &options,
		.role = LP_ROLE_CLIENT,
		.mac = {{2, 0, 0, 0, 0, 1}},
		.port = &port,
		.ops = &ops};
	(void)state;
	options = (struct lp_peer_options){.relay = {.name = "relay.example", .port = 443}};
	strcpy(options.name, "zoe");
	member = lp_link_open(&config);
	lp_text_init(&said, 8000);
	return member == NULL;
}

static int close_link(void **state)
{
	(void)state;
	lp_text_clear(&said);
	lp_link_close(member);
	return 0;
}

static struct lp_report report_of(void)
{
	return (struct lp_report){
		.link = member, .options = &options, .role = LP_ROLE_CLIENT, .port = "lp0"};
}

static const char *text_of(const struct lp_report *report, lp_time now)
{
	lp_text_clear(&said);
	lp_report_text(report, now, &said);
	assert_non_null(lp_text_get(&said));
	return lp_text_get(&said);
}

static void assert_says(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("does not say \"%s\":\n%s", line, text);
}

/* The test is the relay: the tunnel hears what a connection would bring. */
static void hears(const struct lp_control *m, int64_t stream)
{
	struct lp_tunnel *tunnel = (struct lp_tunnel *)(uintptr_t)lp_link_tunnel(member);
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	const struct lp_piece piece = {.stream = stream,
		.bytes = bytes,
		.len = lp_control_encode(m, bytes, sizeof(bytes)),
		.fin = true};
	lp_tunnel_on_stream(tunnel, &piece, NOW);
}

static void hears_of(uint16_t peer, enum lp_role role, const char *name)
{
	static uint64_t sequence;
	struct lp_control m = {.type = LP_PEER_JOINED,
		.peer_joined = {.sequence = ++sequence,
			.peer = peer,
			.role = role,
			.mac = {{2, 0, 0, 0, 0, (uint8_t)peer}}}};
	strcpy(m.peer_joined.name, name);
	hears(&m, 4 * (int64_t)sequence + LP_STREAM_OF_RELAY);
	m = (struct lp_control){.type = LP_PEER_STATUS,
		.peer_status = {.sequence = ++sequence,
			.peer = peer,
			.rtt_us = 12340,
			.loss_permille = 25,
			.loops = peer == 3,
			.conflict = peer == 4}};
	hears(&m, 4 * (int64_t)sequence + LP_STREAM_OF_RELAY);
}

static void H4_before_it_is_in_the_room_it_says_what_keeps_it_out(void **state)
{
	(void)state;
	struct lp_report report = report_of();
	const char *text = text_of(&report, NOW);
	assert_says(text, "Not in the room: connecting.\ninterface   lp0\n"
			  "relay       relay.example, no address yet by udp\n"
			  "to room     0 frames, 0.0 MB, 0.0 kB per second\n"
			  "from room   0 frames, 0.0 MB, 0.0 kB per second\n");
	assert_null(strstr(text, "number"));
	const struct lp_tunnel_action gone = {
		.kind = LP_TUNNEL_DISCONNECTED, .text = "the relay does not answer"};
	lp_report_told(&report, &gone, NOW);
	assert_says(
		text_of(&report, NOW), "Not in the room: connecting.\nthe relay does not answer\n");
	struct lp_tunnel_action refused = {
		.kind = LP_TUNNEL_REJECTED, .reject.reason = LP_REJECT_LOCKED};
	lp_report_told(&report, &refused, NOW);
	assert_says(text_of(&report, NOW), lp_reject_text(LP_REJECT_LOCKED));
	strcpy(refused.reject.text, "not today");
	lp_report_told(&report, &refused, NOW);
	assert_says(text_of(&report, NOW), "\nnot today\n");
}

static void H4_in_the_room_it_shows_all_members(void **state)
{
	(void)state;
	struct lp_tunnel *tunnel = (struct lp_tunnel *)(uintptr_t)lp_link_tunnel(member);
	struct lp_report report = report_of();
	const struct lp_control welcome = {.type = LP_WELCOME,
		.welcome = {.version = LP_PROTOCOL_VERSION,
			.room = 5,
			.peer = 2,
			.mtu = LP_ETH_MTU,
			.resume_token = {1}}};
	const struct lp_tunnel_action joined = {.kind = LP_TUNNEL_JOINED};
	lp_tunnel_start(tunnel, NOW);
	lp_tunnel_on_connected(tunnel, NOW);
	hears(&welcome, LP_STREAM_HELLO);
	strcpy(report.trouble, "an old one");
	lp_report_told(&report, &joined, NOW);
	hears_of(7, LP_ROLE_GATEWAY, "");
	hears_of(3, LP_ROLE_CLIENT, "max");
	hears_of(4, LP_ROLE_CLIENT, "ida");
	const char *text = text_of(&report, NOW + 3723 * LP_SECOND);
	assert_says(text, "In room 5 as number 2, for 1:02:03.\ninterface   lp0\n");
	assert_says(text, "\nnumber  role    round trip    loss  name\n"
			  "     2  client           -       -  zoe (this computer)\n"
			  "     3  client     12.3 ms   2.5 %  max (in a loop: cut off)\n"
			  "     4  client     12.3 ms   2.5 %  ida (a computer of the LAN has the "
			  "same MAC: cut off)\n"
			  "     7  gateway    12.3 ms   2.5 %  -\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			H4_before_it_is_in_the_room_it_says_what_keeps_it_out, open_link,
			close_link),
		cmocka_unit_test_setup_teardown(
			H4_in_the_room_it_shows_all_members, open_link, close_link),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
