/* A member's end and a relay's end of a carrier, with bytes that arrive in pieces of any length. */
#include "lanparty/carrier/carrier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/identity.h"

#define NOW_UNIX INT64_C(1790000000)
#define SEEN_MAX 512

/* The payloads that came out of one end. */
struct seen {
	size_t count, bytes;
	size_t len[SEEN_MAX];
	uint8_t first[SEEN_MAX];
	uint8_t last[LP_PAYLOAD_MAX];
};

struct both {
	struct lp_identity *identity;
	struct lp_carrier *member, *relay;
	struct seen to_member, to_relay;
	size_t piece; /* bytes that arrive at once */
};

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	struct seen *seen = context;
	assert_true(len > 0 && len <= LP_PAYLOAD_MAX && seen->count < SEEN_MAX);
	seen->len[seen->count] = len;
	seen->first[seen->count++] = payload[0];
	seen->bytes += len;
	memcpy(seen->last, payload, len);
}

static void setup(struct both *both, size_t piece)
{
	static const struct lp_carrier_target target = {
		.server_name = "relay.example", .host = "192.0.2.1", .port = 443};
	memset(both, 0, sizeof *both);
	both->piece = piece;
	both->identity = lp_identity_new("relay.example", NOW_UNIX);
	assert_non_null(both->identity);
	both->member = lp_carrier_connect(&target);
	both->relay = lp_carrier_accept(both->identity);
	assert_non_null(both->member);
	assert_non_null(both->relay);
}

static void clear(struct both *both)
{
	lp_carrier_free(both->member);
	lp_carrier_free(both->relay);
	lp_identity_free(both->identity);
}

/* Moves what one end has to send. False: it has nothing. */
static bool move(struct lp_carrier *from, struct lp_carrier *to, struct seen *seen, size_t piece)
{
	size_t len;
	const uint8_t *bytes = lp_carrier_pending(from, &len);
	if (len == 0)
		return false;
	size_t n = len < piece ? len : piece;
	lp_carrier_read(to, bytes, n, on_payload, seen);
	lp_carrier_sent(from, n);
	return true;
}

static void run(struct both *both)
{
	bool moved = true;
	while (moved) {
		moved = move(both->member, both->relay, &both->to_relay, both->piece);
		moved = move(both->relay, both->member, &both->to_member, both->piece) || moved;
	}
}

static void assert_open(const struct both *both)
{
	assert_int_equal(lp_carrier_fault(both->member, NULL), LP_CARRIER_NO_FAULT);
	assert_int_equal(lp_carrier_fault(both->relay, NULL), LP_CARRIER_NO_FAULT);
	assert_int_equal(lp_carrier_state(both->member), LP_CARRIER_OPEN);
	assert_int_equal(lp_carrier_state(both->relay), LP_CARRIER_OPEN);
}

/* [W2] */
static void payloads_pass_in_pieces_of_any_length(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 1000, 65536};
	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct both both;
		uint8_t payload[LP_PAYLOAD_MAX];
		setup(&both, pieces[i]);
		run(&both);
		assert_open(&both);
		for (unsigned n = 0; n < 60; n++) {
			size_t len = n % 3 == 0 ? LP_PAYLOAD_MAX : n + 1;
			memset(payload, (int)n, sizeof payload);
			assert_true(lp_carrier_put(both.member, payload, len));
			assert_true(lp_carrier_put(both.relay, payload, LP_PAYLOAD_MAX + 1 - len));
			if (n % 2)
				run(&both);
		}
		assert_int_equal(both.to_relay.count, 60);
		assert_int_equal(both.to_member.count, 60);
		for (unsigned n = 0; n < 60; n++) {
			size_t len = n % 3 == 0 ? LP_PAYLOAD_MAX : n + 1;
			assert_int_equal(both.to_relay.len[n], len);
			assert_int_equal(both.to_relay.first[n], n);
			assert_int_equal(both.to_member.len[n], LP_PAYLOAD_MAX + 1 - len);
			assert_int_equal(both.to_member.first[n], n);
		}
		assert_open(&both);
		clear(&both);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_pass_in_pieces_of_any_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
