/* doc/protocol.md and doc/behaviour.md are the specification: their examples and numbers are what the
 * code does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/bytes.h"
#include "lanparty/wire/control.h"
#include "lanparty/wire/overlay.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BLOCK        "```hex "
#define BLOCK_END    "\n```"
#define EXAMPLE_MAX  (LP_CONTROL_HEAD + LP_CONTROL_MAX)
#define ROOM         0x1234abcd
#define MAC          {{0x02, 0, 0, 0, 0, 0x01}}
#define FRAME        "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x88\xb5lanparty!"
#define FRAME_LEN    23
#define FRAME_FIRST  12 /* bytes in its first fragment */

/* lp_room_key of ABCD-EFGH-JKMN-PQRB. */
#define ROOM_KEY                                                                                   \
	{0x48, 0x07, 0x22, 0x10, 0xdf, 0x8a, 0xfe, 0xaa, 0x3e, 0x71, 0x40, 0xdb, 0xc5, 0x38, 0xfa, \
		0x62, 0xf7, 0x21, 0x68, 0xe1, 0x29, 0x94, 0xa8, 0x2a, 0xbc, 0xa3, 0x6e, 0xc2,      \
		0x2a, 0x56, 0x01, 0x57}
#define TOKEN                                                                                      \
	{0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, \
		0xaf}

static const struct {
	const char *name;
	struct lp_control message;
} messages[] = {
	{"hello-client", {.type = LP_HELLO,
				 .hello = {.version_min = 1,
					 .version_max = 1,
					 .role = LP_ROLE_CLIENT,
					 .room_key = ROOM_KEY,
					 .mac = MAC,
					 .name = "Zoë",
					 .datagram_budget = 1350,
					 .mtu = 1500,
					 .capabilities = LP_CAP_FRAGMENTS,
					 .software = "lanparty 0.1",
					 .resume_token = TOKEN}}},
	{"hello-guest", {.type = LP_HELLO,
				.hello = {.version_min = 1,
					.version_max = 1,
					.role = LP_ROLE_CLIENT,
					.room_key = {0xaa, 1, 2, 3, [31] = 0xff},
					.mac = MAC,
					.datagram_budget = 1350,
					.mtu = 1500,
					.guest_host = {1, 2, 3, [31] = 0xff},
					.guest_pass = {0x15, 0xe3, 0x6a, 0, 0, 0, 0x0a,
						0x0b, [69] = 0xee}}}},
	{"hello-gateway", {.type = LP_HELLO,
				  .hello = {.version_min = 1,
					  .version_max = 1,
					  .role = LP_ROLE_GATEWAY,
					  .room_key = ROOM_KEY,
					  .datagram_budget = LP_DATAGRAM_MAX,
					  .mtu = 1500,
					  .capabilities = LP_CAP_FRAGMENTS,
					  .protected = {.ipv4 = {0xc0a80101, 0xc0a80102},
						  .ipv4_count = 2,
						  .ipv6 = {{0xfe, 0x80, [15] = 1}}}}}},
	{"welcome", {.type = LP_WELCOME,
			    .welcome = {.version = 1,
				    .room = ROOM,
				    .peer = 2,
				    .mtu = 1500,
				    .gateway_connected = true,
				    .keep_alive_ms = 1000,
				    .idle_timeout_ms = 10000,
				    .capabilities = LP_CAP_FRAGMENTS,
				    .resume_token = TOKEN,
				    .byte_rate = 2 << 20,
				    .byte_burst = 4 << 20,
				    .group_rate = 200,
				    .group_burst = 400,
				    .ipv4 = 0x0aecd9a7,
				    .prefix = 24}}},
	{"welcome-least", {.type = LP_WELCOME,
				  .welcome = {.version = 1,
					  .room = ROOM,
					  .peer = 1,
					  .mtu = 1400,
					  .keep_alive_ms = 3000,
					  .idle_timeout_ms = 15000}}},
	{"reject", {.type = LP_REJECT,
			   .reject = {.reason = LP_REJECT_ROOM_FULL, .text = "room is full"}}},
	{"reject-steer", {.type = LP_REJECT,
				 .reject = {.reason = LP_REJECT_WRONG_WORKER,
					 .text = "come again",
					 .steer = 0xe00e}}},
	{"peer-joined", {.type = LP_PEER_JOINED,
				.peer_joined = {.sequence = 1,
					.peer = 2,
					.role = LP_ROLE_CLIENT,
					.mac = MAC,
					.name = "Zoë"}}},
	{"peer-joined-host", {.type = LP_PEER_JOINED,
				     .peer_joined = {.sequence = 2,
					     .peer = 3,
					     .role = LP_ROLE_GATEWAY,
					     .host = {1, 2, 3, [31] = 0xff}}}},
	{"peer-left",
		{.type = LP_PEER_LEFT,
			.peer_left = {.sequence = 2, .peer = 2, .reason = LP_LEAVE_TIMED_OUT}}},
	{"peer-status", {.type = LP_PEER_STATUS,
				.peer_status = {.sequence = 100,
					.peer = 2,
					.rtt_us = 23000,
					.loss_permille = 7,
					.rx_rate = 40000,
					.tx_rate = 90000}}},
	{"peer-status-limit", {.type = LP_PEER_STATUS,
				      .peer_status = {.sequence = 101,
					      .peer = 2,
					      .byte_rate = 1 << 20,
					      .byte_burst = 4 << 20}}},
	{"stats", {.type = LP_STATS,
			  .stats = {.tx_frames = 1000,
				  .tx_bytes = 70000,
				  .tx_drops[LP_DROP_LLC] = 3,
				  .rx_drops[LP_DROP_QUEUE_FULL] = 20}}},
	{"disconnect",
		{.type = LP_DISCONNECT, .disconnect = {.reason = LP_LEAVE_NORMAL, .text = "bye"}}},
	{"host-act", {.type = LP_HOST_ACT,
			     .act = {.id = 7, .act = LP_ACT_RENAME, .peer = 2, .name = "Zoë"}}},
	{"host-done", {.type = LP_HOST_DONE, .done = {.id = 7, .acted = LP_ACTED_NO_MEMBER}}},
	{"lan", {.type = LP_LAN,
			.lan = {.macs = {{{0, 0x1b, 0x21, 0, 0, 8}}, {{0, 0x1b, 0x21, 0, 0, 9}}},
				.mac_count = 2,
				.ipv4 = {0xc0a80108},
				.ipv4_count = 1,
				.ipv6 = {{0xfe, 0x80, [15] = 8}},
				.ipv6_count = 1}}},
	{"lan-protected", {.type = LP_LAN,
				  .lan = {.replaces = true,
					  .protected = {.ipv4 = {0xc0a80101},
						  .ipv4_count = 1,
						  .macs = {{{0, 0x1b, 0x21, 0, 0, 1}}}}}}},
	{"lan-moved", {.type = LP_LAN, .lan = {.moved = true}}},
};

/* F1 */
static const struct {
	const char *name;
	struct lp_overlay overlay;
} datagrams[] = {
	{"overlay-whole", {.type = LP_OVERLAY_WHOLE,
				  .peer = 2,
				  .room = ROOM,
				  .bytes = (const uint8_t *)FRAME,
				  .len = FRAME_LEN}},
	{"overlay-first", {.type = LP_OVERLAY_FIRST,
				  .peer = 2,
				  .room = ROOM,
				  .frame_id = 7,
				  .frame_len = FRAME_LEN,
				  .bytes = (const uint8_t *)FRAME,
				  .len = FRAME_FIRST}},
	{"overlay-second", {.type = LP_OVERLAY_SECOND,
				   .peer = 2,
				   .room = ROOM,
				   .frame_id = 7,
				   .frame_len = FRAME_LEN,
				   .bytes = (const uint8_t *)FRAME + FRAME_FIRST,
				   .len = FRAME_LEN - FRAME_FIRST}},
	{"overlay-numbered", {.type = LP_OVERLAY_NUMBERED,
				     .peer = 2,
				     .room = ROOM,
				     .frame_id = 7,
				     .bytes = (const uint8_t *)FRAME,
				     .len = FRAME_LEN}},
};

static char *protocol, *behaviour;

/* The whole file with a NUL at its end, or NULL. */
static char *read_document(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return NULL;
	size_t cap = 1 << 20, len = 0;
	char *text = malloc(cap);
	if (text)
		len = fread(text, 1, cap - 1, file);
	fclose(file);
	if (text && len > 0 && len < cap - 1) {
		text[len] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

static int read_documents(void **state)
{
	(void)state;
	protocol = read_document(SOURCE_DIR "/doc/protocol.md");
	behaviour = read_document(SOURCE_DIR "/doc/behaviour.md");
	return protocol && behaviour ? 0 : -1;
}

static int free_documents(void **state)
{
	(void)state;
	free(protocol);
	free(behaviour);
	return 0;
}

static bool is_named(const char *block, const char *name)
{
	size_t len = strlen(name);
	return strncmp(block, name, len) == 0 && block[len] == '\n';
}

static bool is_known(const char *block)
{
	for (size_t i = 0; i < COUNT(messages); i++)
		if (is_named(block, messages[i].name))
			return true;
	for (size_t i = 0; i < COUNT(datagrams); i++)
		if (is_named(block, datagrams[i].name))
			return true;
	return false;
}

/* Pairs of hex digits; white space and what follows a # do not count. */
static size_t read_hex(const char *at, const char *end, uint8_t bytes[EXAMPLE_MAX])
{
	size_t len = 0;
	while (at < end) {
		if (*at == '#')
			at += strcspn(at, "\n");
		else if (strchr(" \t\r\n", *at))
			at++;
		else {
			char pair[3] = {at[0], at[1], '\0'};
			char *rest;
			assert_true(len < EXAMPLE_MAX);
			bytes[len++] = (uint8_t)strtoul(pair, &rest, 16);
			if (rest != pair + 2)
				fail_msg("not hex: %s", pair);
			at += 2;
		}
	}
	return len;
}

/* The bytes of the one block with this name. */
static size_t example(const char *name, uint8_t bytes[EXAMPLE_MAX])
{
	size_t len = 0, found = 0;
	for (const char *at = strstr(protocol, BLOCK); at; at = strstr(at, BLOCK)) {
		at += strlen(BLOCK);
		const char *end = strstr(at, BLOCK_END);
		assert_non_null(end);
		if (!is_named(at, name))
			continue;
		found++;
		len = read_hex(at + strlen(name), end, bytes);
	}
	if (found != 1)
		fail_msg("doc/protocol.md has %zu examples named %s", found, name);
	return len;
}

static void every_example_of_the_protocol_is_known_here(void **state)
{
	(void)state;
	for (const char *at = strstr(protocol, BLOCK); at; at = strstr(at, BLOCK)) {
		at += strlen(BLOCK);
		if (!is_known(at))
			fail_msg("unknown example: %.*s", (int)strcspn(at, "\n"), at);
	}
}

static void messages_are_encoded_as_the_protocol_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		uint8_t documented[EXAMPLE_MAX], bytes[EXAMPLE_MAX];
		size_t documented_len = example(messages[i].name, documented);
		size_t len = lp_control_encode(&messages[i].message, bytes, sizeof(bytes));
		if (len != documented_len || memcmp(bytes, documented, len) != 0)
			fail_msg("%s is not encoded like this", messages[i].name);
	}
}

static void messages_of_the_protocol_decode_as_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		uint8_t documented[EXAMPLE_MAX], again[EXAMPLE_MAX];
		size_t used = 0, len = example(messages[i].name, documented);
		struct lp_control message;
		if (lp_control_decode(documented, len, &message, &used) != LP_OK || used != len)
			fail_msg("%s does not decode", messages[i].name);
		/* Two messages are equal when they are encoded alike. */
		assert_int_equal(message.type, messages[i].message.type);
		assert_int_equal(lp_control_encode(&message, again, sizeof(again)), len);
		assert_memory_equal(again, documented, len);
	}
}

/* F1 */
static void datagrams_are_encoded_as_the_protocol_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(datagrams); i++) {
		const struct lp_overlay *o = &datagrams[i].overlay;
		uint8_t documented[EXAMPLE_MAX], header[LP_OVERLAY_FRAGMENT_HEADER];
		size_t len = example(datagrams[i].name, documented);
		size_t head = lp_overlay_encode(o, header);
		if (len != head + o->len || memcmp(documented, header, head) != 0 ||
			memcmp(documented + head, o->bytes, o->len) != 0)
			fail_msg("%s is not encoded like this", datagrams[i].name);
	}
}

/* F1 */
static void datagrams_of_the_protocol_decode_as_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(datagrams); i++) {
		const struct lp_overlay *expected = &datagrams[i].overlay;
		uint8_t documented[EXAMPLE_MAX];
		size_t len = example(datagrams[i].name, documented);
		struct lp_overlay o;
		assert_int_equal(lp_overlay_decode(documented, len, &o), LP_DROP_NONE);
		assert_int_equal(o.type, expected->type);
		assert_int_equal(o.peer, expected->peer);
		assert_int_equal(o.room, expected->room);
		assert_int_equal(o.frame_id, expected->frame_id);
		assert_int_equal(o.frame_len, expected->frame_len);
		assert_int_equal(o.len, expected->len);
		assert_memory_equal(o.bytes, expected->bytes, o.len);
	}
}

/* Each number and word once, in the section's own table. */
static void assert_in_section(const char *text, const char *heading, int number, const char *word)
{
	char row[64];
	snprintf(row, sizeof(row), "\n| %d | `%s` |", number, word);
	const char *section = strstr(text, heading);
	assert_non_null(section);
	const char *end = strstr(section + strlen(heading), "\n#");
	const char *found = strstr(section, row);
	if (!found || (end && found > end))
		fail_msg("%s does not say%s", heading + 1, row);
}

/* F6 */
static void the_documents_list_every_number_with_its_word(void **state)
{
	(void)state;
	for (int type = LP_HELLO; type <= LP_HOST_DONE; type++)
		assert_in_section(protocol, "\n## Control messages\n", type,
			lp_control_word((enum lp_control_type)type));
#define IN_TABLE(name, number, word, text)                                                         \
	assert_in_section(protocol, "\n### REJECT\n", number, word);
	LP_REJECT_LIST(IN_TABLE)
#undef IN_TABLE
#define IN_TABLE(name, number, word) assert_in_section(protocol, "\n### PEER_LEFT\n", number, word);
	LP_LEAVE_LIST(IN_TABLE)
#undef IN_TABLE
#define IN_TABLE(name, text)                                                                       \
	assert_in_section(behaviour, "\n## Drop reasons\n", LP_DROP_##name, text);
	LP_DROP_LIST(IN_TABLE)
#undef IN_TABLE
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_of_the_protocol_is_known_here),
		cmocka_unit_test(messages_are_encoded_as_the_protocol_shows),
		cmocka_unit_test(messages_of_the_protocol_decode_as_shown),
		cmocka_unit_test(datagrams_are_encoded_as_the_protocol_shows),
		cmocka_unit_test(datagrams_of_the_protocol_decode_as_shown),
		cmocka_unit_test(the_documents_list_every_number_with_its_word),
	};
	return cmocka_run_group_tests(tests, read_documents, free_documents);
}
