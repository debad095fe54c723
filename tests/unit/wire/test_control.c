#include "lanparty/wire/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/bytes.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define LITERAL(bytes) (const uint8_t *)(bytes), sizeof(bytes) - 1
#define MESSAGE_MAX    (LP_CONTROL_HEAD + LP_CONTROL_MAX)

static struct lp_control sample_hello(void)
{
	struct lp_control m = {.type = LP_HELLO};
	m.hello = (struct lp_hello){.version_min = 1,
		.version_max = 3,
		.role = LP_ROLE_CLIENT,
		.mac = {{0x02, 0, 0x5e, 0x10, 0x20, 0x30}},
		.name = "Zoë",
		.datagram_budget = 1350,
		.mtu = 1500,
		.capabilities = LP_CAP_FRAGMENTS,
		.software = "lanparty 0.1.0",
		.protected = {.ipv4 = {0xc0a80101, 0xc0a801fe}, .ipv4_count = 2}};
	memset(m.hello.room_key, 0x4b, sizeof(m.hello.room_key));
	memset(m.hello.resume_token, 0x54, sizeof(m.hello.resume_token));
	return m;
}

static struct lp_control sample_welcome(void)
{
	struct lp_control m = {.type = LP_WELCOME};
	m.welcome = (struct lp_welcome){.version = 1,
		.room = 0xdeadbeef,
		.peer = 0xffff,
		.mtu = 1400,
		.gateway_connected = true,
		.keep_alive_ms = 1000,
		.idle_timeout_ms = 5000,
		.capabilities = LP_CAP_FRAGMENTS};
	memset(m.welcome.resume_token, 0x77, sizeof(m.welcome.resume_token));
	return m;
}

static struct lp_control sample_stats(void)
{
	struct lp_control m = {.type = LP_STATS};
	m.stats = (struct lp_stats){
		.tx_frames = 1, .tx_bytes = LP_VARINT_MAX, .rx_frames = 0, .rx_bytes = 64};
	for (size_t i = 0; i < LP_DROP_COUNT; i++) {
		m.stats.tx_drops[i] = i;
		m.stats.rx_drops[i] = 1000 * i;
	}
	return m;
}

/* One message of each type, in the order of their numbers. */
static void samples(struct lp_control messages[8])
{
	messages[0] = sample_hello();
	messages[1] = sample_welcome();
	messages[2] = (struct lp_control){.type = LP_REJECT,
		.reject = {.reason = LP_REJECT_ROOM_FULL, .text = "32 of 32 players"}};
	messages[3] = (struct lp_control){.type = LP_PEER_JOINED,
		.peer_joined = {.sequence = 70000,
			.peer = 2,
			.role = LP_ROLE_GATEWAY,
			.mac = {{2, 4, 6, 8, 10, 12}},
			.name = "host"}};
	messages[4] = (struct lp_control){.type = LP_PEER_LEFT,
		.peer_left = {.sequence = 2, .peer = 2, .reason = LP_LEAVE_TIMED_OUT}};
	messages[5] = (struct lp_control){.type = LP_PEER_STATUS,
		.peer_status = {.sequence = 3,
			.peer = 300,
			.rtt_us = 23000,
			.loss_permille = 7,
			.rx_rate = UINT32_MAX,
			.tx_rate = 1}};
	messages[6] = sample_stats();
	messages[7] = (struct lp_control){
		.type = LP_DISCONNECT, .disconnect = {.reason = LP_LEAVE_SHUTDOWN, .text = "bye"}};
}

static void assert_same(const struct lp_control *a, const struct lp_control *b)
{
	uint8_t bytes_a[MESSAGE_MAX], bytes_b[MESSAGE_MAX];
	size_t len_a = lp_control_encode(a, bytes_a, sizeof(bytes_a));
	size_t len_b = lp_control_encode(b, bytes_b, sizeof(bytes_b));
	assert_int_equal(len_a, len_b);
	assert_memory_equal(bytes_a, bytes_b, len_a);
}

/* Prepends type and length to the fields and decodes the message. */
static enum lp_status decode_fields(enum lp_control_type type, const uint8_t *fields, size_t len,
	struct lp_control *ret_message)
{
	uint8_t bytes[MESSAGE_MAX];
	struct lp_writer w = lp_writer_of(bytes, sizeof(bytes));
	lp_write_varint(&w, type);
	lp_write_varint(&w, len);
	lp_write_bytes(&w, fields, len);
	assert_false(w.failed);
	size_t used = 0;
	enum lp_status status =
		lp_control_decode(bytes, (size_t)(w.at - bytes), ret_message, &used);
	if (status == LP_OK)
		assert_int_equal(used, w.at - bytes);
	return status;
}

/* C1 */
static void all_programs_share_one_alpn_token(void **state)
{
	(void)state;
	assert_string_equal(LP_ALPN, "lanparty/1");
}

/* C1 C2 C3 C5 C6 */
static void every_message_survives_the_wire(void **state)
{
	(void)state;
	struct lp_control messages[8], got;
	samples(messages);
	for (size_t i = 0; i < COUNT(messages); i++) {
		uint8_t bytes[MESSAGE_MAX];
		size_t used = 0, len = lp_control_encode(&messages[i], bytes, sizeof(bytes));
		assert_true(len > 0);
		assert_int_equal(lp_control_decode(bytes, len, &got, &used), LP_OK);
		assert_int_equal(used, len);
		assert_int_equal(got.type, i + 1);
		assert_same(&messages[i], &got);
	}
}

static void a_hello_is_read_field_by_field(void **state)
{
	(void)state;
	struct lp_control sent = sample_hello(), got;
	uint8_t bytes[MESSAGE_MAX];
	size_t used, len = lp_control_encode(&sent, bytes, sizeof(bytes));
	assert_int_equal(lp_control_decode(bytes, len, &got, &used), LP_OK);
	const struct lp_hello *h = &got.hello;
	assert_int_equal(h->version_min, 1);
	assert_int_equal(h->version_max, 3);
	assert_int_equal(h->role, LP_ROLE_CLIENT);
	assert_memory_equal(h->room_key, sent.hello.room_key, LP_ROOM_KEY_SIZE);
	assert_true(memcmp(&h->mac, &sent.hello.mac, sizeof(h->mac)) == 0);
	assert_string_equal(h->name, "Zoë");
	assert_int_equal(h->datagram_budget, 1350);
	assert_int_equal(h->mtu, 1500);
	assert_int_equal(h->capabilities, LP_CAP_FRAGMENTS);
	assert_string_equal(h->software, "lanparty 0.1.0");
	assert_memory_equal(h->resume_token, sent.hello.resume_token, LP_TOKEN_SIZE);
	assert_int_equal(h->protected.ipv4_count, 2);
	assert_int_equal(h->protected.ipv4[0], 0xc0a80101);
	assert_int_equal(h->protected.ipv4[1], 0xc0a801fe);
}

static void every_counter_of_stats_keeps_its_reason(void **state)
{
	(void)state;
	struct lp_control sent = sample_stats(), got;
	uint8_t bytes[MESSAGE_MAX];
	size_t used, len = lp_control_encode(&sent, bytes, sizeof(bytes));
	assert_int_equal(lp_control_decode(bytes, len, &got, &used), LP_OK);
	for (size_t i = 0; i < LP_DROP_COUNT; i++) {
		assert_int_equal(got.stats.tx_drops[i], i);
		assert_int_equal(got.stats.rx_drops[i], 1000 * i);
	}
	assert_int_equal(got.stats.tx_bytes, LP_VARINT_MAX);
}

static void a_truncated_message_is_incomplete(void **state)
{
	(void)state;
	struct lp_control messages[8], got;
	samples(messages);
	for (size_t i = 0; i < COUNT(messages); i++) {
		uint8_t bytes[MESSAGE_MAX];
		size_t used = 4711, len = lp_control_encode(&messages[i], bytes, sizeof(bytes));
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(lp_control_decode(bytes, cut, &got, &used), LP_MORE);
		assert_int_equal(used, 4711);
		for (size_t cap = 0; cap < len; cap++)
			assert_int_equal(lp_control_encode(&messages[i], bytes, cap), 0);
	}
}

static void consecutive_messages_are_decoded_one_by_one(void **state)
{
	(void)state;
	const uint8_t bytes[] = "\x08\x03\x01\x01\x03\x05\x09\x01\x01\x01\x02\x01\x05\x03\x01\x01";
	struct lp_control got;
	size_t used = 0;
	assert_int_equal(lp_control_decode(bytes, sizeof(bytes) - 1, &got, &used), LP_OK);
	assert_int_equal(used, 5);
	assert_int_equal(got.type, LP_DISCONNECT);
	assert_int_equal(lp_control_decode(bytes + 5, sizeof(bytes) - 6, &got, &used), LP_OK);
	assert_int_equal(used, 11);
	assert_int_equal(got.type, LP_PEER_LEFT);
	assert_int_equal(got.peer_left.peer, 5);
}

#define WELCOME "\x01\x01\x01\x02\x01\x09\x03\x01\x04\x04\x02\x45\xdc"

static void R8_a_welcome_without_optional_fields_has_their_defaults(void **state)
{
	(void)state;
	struct lp_control got;
	assert_int_equal(decode_fields(LP_WELCOME, LITERAL(WELCOME), &got), LP_OK);
	assert_int_equal(got.welcome.version, 1);
	assert_int_equal(got.welcome.room, 9);
	assert_int_equal(got.welcome.peer, 4);
	assert_int_equal(got.welcome.mtu, 1500);
	assert_false(got.welcome.gateway_connected);
	assert_int_equal(got.welcome.keep_alive_ms, 3000);
	assert_int_equal(got.welcome.idle_timeout_ms, 15000);
	assert_int_equal(got.welcome.capabilities, 0);
	assert_true(got.welcome.byte_rate == 0 && got.welcome.byte_burst == 0);
	assert_true(got.welcome.group_rate == 0 && got.welcome.group_burst == 0);
	assert_memory_equal(got.welcome.resume_token, ((uint8_t[LP_TOKEN_SIZE]){0}), LP_TOKEN_SIZE);
}

static void R8_a_welcome_contains_whether_a_gateway_is_present(void **state)
{
	(void)state;
	struct lp_control got;
	assert_int_equal(decode_fields(LP_WELCOME, LITERAL(WELCOME "\x05\x01\x01"), &got), LP_OK);
	assert_true(got.welcome.gateway_connected);
	assert_int_equal(decode_fields(LP_WELCOME, LITERAL(WELCOME "\x05\x01\x00"), &got), LP_OK);
	assert_false(got.welcome.gateway_connected);
	assert_int_equal(
		decode_fields(LP_WELCOME, LITERAL(WELCOME "\x05\x01\x02"), &got), LP_INVALID);
}

static void a_default_is_not_sent(void **state)
{
	(void)state;
	struct lp_control m = {.type = LP_WELCOME,
		.welcome = {.version = 1,
			.room = 9,
			.peer = 4,
			.mtu = 1500,
			.keep_alive_ms = LP_KEEP_ALIVE_MS,
			.idle_timeout_ms = LP_IDLE_TIMEOUT_MS}};
	uint8_t bytes[MESSAGE_MAX];
	size_t len = lp_control_encode(&m, bytes, sizeof(bytes));
	assert_int_equal(len, 2 + sizeof(WELCOME) - 1);
	assert_memory_equal(bytes + 2, WELCOME, sizeof(WELCOME) - 1);
}

#define VERSIONS "\x01\x01\x01\x02\x01\x01"
#define CLIENT   "\x03\x01\x01"
#define GATEWAY  "\x03\x01\x02"
#define KEY                                                                                        \
	"\x04\x20"                                                                                 \
	"0123456789abcdef0123456789abcdef"
#define MAC        "\x05\x06\x02\x00\x00\x00\x00\x01"
#define BUDGET     "\x07\x02\x44\xb0"
#define MTU        "\x08\x02\x45\xdc"
#define ADDRESSES8 "11112222333344445555666677778888"

/* Fields that a member can send, and the result. */
static void a_message_follows_the_protocol_or_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum lp_control_type type;
		const uint8_t *fields;
		size_t len;
		enum lp_status status;
	} rows[] = {
		{"a client's least", LP_HELLO, LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU), LP_OK},
		{"in any order", LP_HELLO, LITERAL(MTU MAC KEY BUDGET CLIENT VERSIONS), LP_OK},
		{"a gateway needs no MAC", LP_HELLO, LITERAL(VERSIONS GATEWAY KEY BUDGET MTU),
			LP_OK},
		{"a gateway may have one", LP_HELLO, LITERAL(VERSIONS GATEWAY KEY MAC BUDGET MTU),
			LP_OK},
		{"a client needs a MAC", LP_HELLO, LITERAL(VERSIONS CLIENT KEY BUDGET MTU),
			LP_MALFORMED},
		{"nothing", LP_HELLO, LITERAL(""), LP_MALFORMED},
		{"no versions", LP_HELLO, LITERAL(CLIENT KEY MAC BUDGET MTU), LP_MALFORMED},
		{"no role", LP_HELLO, LITERAL(VERSIONS KEY MAC BUDGET MTU), LP_MALFORMED},
		{"no key", LP_HELLO, LITERAL(VERSIONS CLIENT MAC BUDGET MTU), LP_MALFORMED},
		{"no budget", LP_HELLO, LITERAL(VERSIONS CLIENT KEY MAC MTU), LP_MALFORMED},
		{"no MTU", LP_HELLO, LITERAL(VERSIONS CLIENT KEY MAC BUDGET), LP_MALFORMED},
		{"a field twice", LP_HELLO, LITERAL(VERSIONS CLIENT CLIENT KEY MAC BUDGET MTU),
			LP_MALFORMED},
		{"role 0", LP_HELLO, LITERAL(VERSIONS "\x03\x01\x00" KEY MAC BUDGET MTU),
			LP_INVALID},
		{"role 3", LP_HELLO, LITERAL(VERSIONS "\x03\x01\x03" KEY MAC BUDGET MTU),
			LP_INVALID},
		{"versions 2 to 1", LP_HELLO,
			LITERAL("\x01\x01\x02\x02\x01\x01" CLIENT KEY MAC BUDGET MTU), LP_INVALID},
		{"versions 1 to 2", LP_HELLO,
			LITERAL("\x01\x01\x01\x02\x01\x02" CLIENT KEY MAC BUDGET MTU), LP_OK},
		{"a short key", LP_HELLO,
			LITERAL(VERSIONS CLIENT "\x04\x03"
						"abc" MAC BUDGET MTU),
			LP_MALFORMED},
		{"a short MAC", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY "\x05\x05\2\0\0\0\1" BUDGET MTU), LP_MALFORMED},
		{"a long MAC", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY "\x05\x07\2\0\0\0\1\1\1" BUDGET MTU),
			LP_MALFORMED},
		{"a short token", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x0b\x01\x01"), LP_MALFORMED},
		{"8 addresses", LP_HELLO,
			LITERAL(VERSIONS GATEWAY KEY BUDGET MTU "\x0c\x20" ADDRESSES8), LP_OK},
		{"9 addresses", LP_HELLO,
			LITERAL(VERSIONS GATEWAY KEY BUDGET MTU "\x0c\x24" ADDRESSES8 "9999"),
			LP_INVALID},
		{"half an address", LP_HELLO,
			LITERAL(VERSIONS GATEWAY KEY BUDGET MTU "\x0c\x06"
								"111122"),
			LP_MALFORMED},
		{"no address", LP_HELLO, LITERAL(VERSIONS GATEWAY KEY BUDGET MTU "\x0c\x00"),
			LP_OK},
		{"an unknown field", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x3e\x02xx"), LP_OK},
		{"an unknown field twice", LP_HELLO,
			LITERAL("\x3e\x02xx\x3e\x00" VERSIONS CLIENT KEY MAC BUDGET MTU), LP_OK},
		{"the largest id", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU
				"\xff\xff\xff\xff\xff\xff\xff\xff\x00"),
			LP_OK},
		{"an unknown field past the end", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x3e\x03xx"), LP_MALFORMED},
		{"a length past the end", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET "\x08\x03\x45\xdc"), LP_MALFORMED},
		{"an id alone", LP_HELLO, LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x09"),
			LP_MALFORMED},
		{"half an id", LP_HELLO, LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x40"),
			LP_MALFORMED},
		{"half a length", LP_HELLO, LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x09\x40"),
			LP_MALFORMED},
		{"an empty integer", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x09\x00"), LP_MALFORMED},
		{"an integer that ends early", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x09\x02\x01\x01"),
			LP_MALFORMED},
		{"an integer that does not end", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x09\x01\x41"), LP_MALFORMED},
		{"an integer longer than it needs to be", LP_HELLO,
			LITERAL(VERSIONS CLIENT KEY MAC BUDGET MTU "\x09\x02\x40\x01"), LP_OK},
		{"peer 0", LP_WELCOME, LITERAL("\x01\x01\x01\x02\x01\x09\x03\x01\x00\x04\x01\x01"),
			LP_INVALID},
		{"peer 65535", LP_WELCOME,
			LITERAL("\x01\x01\x01\x02\x01\x09\x03\x04\x80\x00\xff\xff\x04\x01\x01"),
			LP_OK},
		{"peer 65536", LP_WELCOME,
			LITERAL("\x01\x01\x01\x02\x01\x09\x03\x04\x80\x01\x00\x00\x04\x01\x01"),
			LP_INVALID},
		{"room 2^32 - 1", LP_WELCOME,
			LITERAL("\x01\x01\x01\x02\x08\xc0\0\0\0\xff\xff\xff\xff\x03\x01\x04\x04\x01"
				"\x01"),
			LP_OK},
		{"room 2^32", LP_WELCOME,
			LITERAL("\x01\x01\x01\x02\x08\xc0\0\0\1\0\0\0\0\x03\x01\x04\x04\x01\x01"),
			LP_INVALID},
		{"a welcome without peer", LP_WELCOME,
			LITERAL("\x01\x01\x01\x02\x01\x09\x04\x01\x01"), LP_MALFORMED},
		{"a reject without reason", LP_REJECT, LITERAL("\x02\x02no"), LP_MALFORMED},
		{"C8 a join without sequence", LP_PEER_JOINED, LITERAL("\x02\x01\x05\x03\x01\x01"),
			LP_MALFORMED},
		{"C8 a join with sequence", LP_PEER_JOINED,
			LITERAL("\x01\x01\x07\x02\x01\x05\x03\x01\x01"), LP_OK},
		{"a join of peer 0", LP_PEER_JOINED,
			LITERAL("\x01\x01\x07\x02\x01\x00\x03\x01\x01"), LP_INVALID},
		{"a join in no role", LP_PEER_JOINED, LITERAL("\x01\x01\x07\x02\x01\x05"),
			LP_MALFORMED},
		{"C8 a leave without sequence", LP_PEER_LEFT, LITERAL("\x02\x01\x05\x03\x01\x01"),
			LP_MALFORMED},
		{"a leave without reason", LP_PEER_LEFT, LITERAL("\x01\x01\x07\x02\x01\x05"),
			LP_MALFORMED},
		{"C8 a status without sequence", LP_PEER_STATUS, LITERAL("\x02\x01\x05"),
			LP_MALFORMED},
		{"a status's least", LP_PEER_STATUS, LITERAL("\x01\x01\x07\x02\x01\x05"), LP_OK},
		{"C5 stats' least", LP_STATS,
			LITERAL("\x01\x01\x00\x02\x01\x00\x03\x01\x00\x04\x01\x00"), LP_OK},
		{"stats without rx bytes", LP_STATS,
			LITERAL("\x01\x01\x00\x02\x01\x00\x03\x01\x00"), LP_MALFORMED},
		{"a counter twice", LP_STATS,
			LITERAL("\x01\x01\x00\x02\x01\x00\x03\x01\x00\x04\x01\x00"
				"\x40\x41\x01\x05\x40\x41\x01\x05"),
			LP_MALFORMED},
		{"counters of reasons to come, twice", LP_STATS,
			LITERAL("\x01\x01\x00\x02\x01\x00\x03\x01\x00\x04\x01\x00"
				"\x40\x7f\x01\x05\x40\x7f\x01\x05\x40\xbf\x00"),
			LP_OK},
		{"C6 a disconnect", LP_DISCONNECT, LITERAL("\x01\x01\x00"), LP_OK},
		{"C6 a disconnect without reason", LP_DISCONNECT, LITERAL(""), LP_MALFORMED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_control got;
		enum lp_status status =
			decode_fields(rows[i].type, rows[i].fields, rows[i].len, &got);
		if (status != rows[i].status)
			fail_msg("%s: status %d, not %d", rows[i].what, (int)status,
				(int)rows[i].status);
	}
}

static void a_refused_message_writes_nothing(void **state)
{
	(void)state;
	struct lp_control got = {.type = LP_DISCONNECT, .disconnect = {.text = "untouched"}};
	size_t used = 4711;
	assert_int_equal(lp_control_decode(LITERAL("\x08\x02\x02\x00"), &got, &used), LP_MALFORMED);
	assert_int_equal(used, 4711);
	assert_string_equal(got.disconnect.text, "untouched");
}

/* Decodes a message of exactly len bytes: a reason, then one field of a later version. */
static enum lp_status decode_padded(size_t len)
{
	uint8_t fields[LP_CONTROL_MAX] = {0x01, 0x01, 0x00, 0x3f};
	struct lp_writer w = lp_writer_of(fields + 4, sizeof(fields) - 4);
	lp_write_varint(&w, len - 6);
	assert_false(w.failed);
	struct lp_control got;
	return decode_fields(LP_DISCONNECT, fields, len, &got);
}

static void a_message_has_at_most_4096_bytes(void **state)
{
	(void)state;
	assert_int_equal(decode_padded(LP_CONTROL_MAX), LP_OK);
	struct lp_control got;
	size_t used;
	/* Refused at once, because waiting for the rest is useless. */
	assert_int_equal(lp_control_decode(LITERAL("\x08\x50\x00"), &got, &used), LP_MORE);
	assert_int_equal(lp_control_decode(LITERAL("\x08\x50\x01"), &got, &used), LP_TOO_LONG);
	assert_int_equal(lp_control_decode(LITERAL("\x3f\x50\x01"), &got, &used), LP_TOO_LONG);
	assert_int_equal(
		lp_control_decode(LITERAL("\x08\xff\xff\xff\xff\xff\xff\xff\xff"), &got, &used),
		LP_TOO_LONG);
	/* Type and length in their longest form. */
	assert_int_equal(
		lp_control_decode(
			LITERAL("\xc0\0\0\0\0\0\0\x08\xc0\0\0\0\0\0\0\x03\1\1\0"), &got, &used),
		LP_OK);
	assert_int_equal(used, LP_CONTROL_HEAD + 3);
}

static void a_message_of_a_later_version_can_be_skipped(void **state)
{
	(void)state;
	static const struct {
		const uint8_t *bytes;
		size_t len, used;
	} rows[] = {
		{LITERAL("\x00\x00"), 2},
		{LITERAL("\x3f\x03xyz..."), 5},
		{LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), 10},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_control got;
		size_t used = 0;
		assert_int_equal(
			lp_control_decode(rows[i].bytes, rows[i].len, &got, &used), LP_UNSUPPORTED);
		assert_int_equal(used, rows[i].used);
		assert_int_equal(
			lp_control_decode(rows[i].bytes, rows[i].used - 1, &got, &used), LP_MORE);
	}
}

static void an_unknown_reason_is_other(void **state)
{
	(void)state;
	struct lp_control got;
	assert_int_equal(decode_fields(LP_REJECT, LITERAL("\x01\x01\x09"), &got), LP_OK);
	assert_int_equal(got.reject.reason, LP_REJECT_WORN_OUT);
	assert_int_equal(got.reject.steer, 0);
	for (uint8_t n = LP_REJECT_GATEWAY_SILENT; n <= LP_REJECT_GUEST_WRONG; n++) {
		assert_int_equal(decode_fields(LP_REJECT, (uint8_t[]){1, 1, n}, 3, &got), LP_OK);
		assert_int_equal(got.reject.reason, n);
	}
	assert_int_equal(decode_fields(LP_REJECT, LITERAL("\x01\x01\x14"), &got), LP_OK);
	assert_int_equal(got.reject.reason, LP_REJECT_OTHER);
	assert_int_equal(decode_fields(LP_DISCONNECT, LITERAL("\x01\x01\x06"), &got), LP_OK);
	assert_int_equal(got.disconnect.reason, LP_LEAVE_TOO_SLOW);
	assert_int_equal(decode_fields(LP_DISCONNECT, LITERAL("\x01\x01\x08"), &got), LP_OK);
	assert_int_equal(got.disconnect.reason, LP_LEAVE_OTHER);
	assert_int_equal(decode_fields(LP_PEER_LEFT,
				 LITERAL("\x01\x01\x01\x02\x01\x05\x03\x02\x7f\xff"), &got),
		LP_OK);
	assert_int_equal(got.peer_left.reason, LP_LEAVE_OTHER);
}

static void a_reject_carries_the_worker_in_16_bits(void **state)
{
	(void)state;
	struct lp_control got;
	assert_int_equal(
		decode_fields(LP_REJECT, LITERAL("\x01\x01\x0a\x03\x04\x80\x00\xff\xff"), &got),
		LP_OK);
	assert_int_equal(got.reject.reason, LP_REJECT_WRONG_WORKER);
	assert_int_equal(got.reject.steer, 0xffff);
	assert_int_equal(
		decode_fields(LP_REJECT, LITERAL("\x01\x01\x0a\x03\x04\x80\x01\x00\x00"), &got),
		LP_INVALID);
}

static void a_name_from_the_wire_is_cleaned_and_shortened(void **state)
{
	(void)state;
	struct lp_control got;
	assert_int_equal(decode_fields(LP_PEER_JOINED,
				 LITERAL("\x01\x01\x01\x02\x01\x05\x03\x01\x01"
					 "\x05\x24"
					 "a\x1b[31mb\n0123456789012345678901234567"),
				 &got),
		LP_OK);
	assert_string_equal(got.peer_joined.name, "a[31mb01234567890123456789012345");
	assert_int_equal(strlen(got.peer_joined.name), LP_NAME_MAX);
}

static void a_client_sends_its_mac_even_when_it_is_zero(void **state)
{
	(void)state;
	struct lp_control m = sample_hello(), got;
	memset(&m.hello.mac, 0, sizeof(m.hello.mac));
	uint8_t bytes[MESSAGE_MAX];
	size_t used, len = lp_control_encode(&m, bytes, sizeof(bytes));
	assert_int_equal(lp_control_decode(bytes, len, &got, &used), LP_OK);
	m.hello.role = LP_ROLE_GATEWAY;
	assert_int_equal(lp_control_encode(&m, bytes, sizeof(bytes)), len - 8);
}

static void the_largest_message_we_send_is_within_its_bound(void **state)
{
	(void)state;
	struct lp_control messages[] = {
		sample_hello(), sample_stats(), {.type = LP_REJECT}, {.type = LP_LAN}};
	struct lp_hello *h = &messages[0].hello;
	h->version_min = h->version_max = h->capabilities = LP_VARINT_MAX;
	h->datagram_budget = h->mtu = LP_VARINT_MAX;
	memset(h->name, 'n', LP_NAME_MAX);
	memset(h->software, 's', LP_SOFTWARE_MAX);
	memset(&h->protected, 2, sizeof(h->protected));
	h->protected.ipv4_count = LP_PROTECTED_IPV4;
	struct lp_stats *s = &messages[1].stats;
	s->tx_frames = s->tx_bytes = s->rx_frames = s->rx_bytes = LP_VARINT_MAX;
	for (size_t i = 0; i < LP_DROP_COUNT; i++)
		s->tx_drops[i] = s->rx_drops[i] = LP_VARINT_MAX;
	memset(messages[2].reject.text, 't', LP_TEXT_MAX);
	struct lp_lan_report *lan = &messages[3].lan;
	*lan = (struct lp_lan_report){.replaces = true, .protected = h->protected};
	lan->mac_count = lan->ipv4_count = lan->ipv6_count = LP_LAN_LIST;
	for (size_t i = 0; i < COUNT(messages); i++) {
		uint8_t bytes[LP_CONTROL_SENT_MAX];
		assert_true(lp_control_encode(&messages[i], bytes, sizeof(bytes)) > 0);
	}
}

static void every_number_has_a_word(void **state)
{
	(void)state;
	assert_string_equal(lp_control_word(LP_HELLO), "hello");
	assert_string_equal(lp_control_word(LP_PEER_STATUS), "peer_status");
	assert_string_equal(lp_control_word((enum lp_control_type)99), "unknown");
	assert_string_equal(lp_reject_word(LP_REJECT_MAC_IN_USE), "mac_in_use");
	assert_string_equal(lp_reject_word((enum lp_reject_reason)99), "other");
	assert_string_equal(
		lp_reject_text((enum lp_reject_reason)99), "the relay refused the join");
	assert_non_null(strstr(lp_reject_text(LP_REJECT_ROOM_FULL), "--max-clients"));
	assert_string_equal(lp_leave_word(LP_LEAVE_TIMED_OUT), "timed_out");
	assert_string_equal(lp_leave_word((enum lp_leave_reason)99), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_programs_share_one_alpn_token),
		cmocka_unit_test(every_message_survives_the_wire),
		cmocka_unit_test(a_hello_is_read_field_by_field),
		cmocka_unit_test(every_counter_of_stats_keeps_its_reason),
		cmocka_unit_test(a_truncated_message_is_incomplete),
		cmocka_unit_test(consecutive_messages_are_decoded_one_by_one),
		cmocka_unit_test(R8_a_welcome_without_optional_fields_has_their_defaults),
		cmocka_unit_test(R8_a_welcome_contains_whether_a_gateway_is_present),
		cmocka_unit_test(a_default_is_not_sent),
		cmocka_unit_test(a_message_follows_the_protocol_or_is_refused),
		cmocka_unit_test(a_refused_message_writes_nothing),
		cmocka_unit_test(a_message_has_at_most_4096_bytes),
		cmocka_unit_test(a_message_of_a_later_version_can_be_skipped),
		cmocka_unit_test(an_unknown_reason_is_other),
		cmocka_unit_test(a_reject_carries_the_worker_in_16_bits),
		cmocka_unit_test(a_name_from_the_wire_is_cleaned_and_shortened),
		cmocka_unit_test(a_client_sends_its_mac_even_when_it_is_zero),
		cmocka_unit_test(the_largest_message_we_send_is_within_its_bound),
		cmocka_unit_test(every_number_has_a_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
