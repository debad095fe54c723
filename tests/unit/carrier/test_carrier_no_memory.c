/* Out of memory in one end of a carrier: the n-th allocation fails, for each n, ours and the TLS library's. */
#include "lanparty/carrier/carrier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "heap.h"
#include "lanparty/quic/identity.h"

#define NOW_UNIX INT64_C(1790000000)

static struct lp_carrier *member, *relay;
static unsigned arrived;

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	(void)context;
	assert_int_equal(len, 5);
	assert_memory_equal(payload, "hello", 5);
	arrived++;
}

static bool move(struct lp_carrier *from, struct lp_carrier *to)
{
	size_t len;
	const uint8_t *bytes = lp_carrier_pending(from, &len);
	if (len == 0)
		return false;
	lp_carrier_read(to, bytes, len, on_payload, NULL);
	lp_carrier_sent(from, len);
	return true;
}

static void run(void)
{
	bool moved = true;
	while (moved) {
		moved = move(member, relay);
		moved = move(relay, member) || moved;
	}
}

/* All that a connection needs. True when both payloads have arrived. */
static bool connect_and_carry(struct lp_identity *identity)
{
	static const struct lp_carrier_target target = {.host = "relay.example", .port = 443};
	arrived = 0;
	member = lp_carrier_connect(&target);
	relay = lp_carrier_accept(identity);
	if (member && relay) {
		run();
		lp_carrier_put(member, (const uint8_t *)"hello", 5);
		lp_carrier_put(relay, (const uint8_t *)"hello", 5);
		run();
	}
	return arrived == 2;
}

/* An end that has no memory either ends, or does without it. */
static bool has_ended(const struct lp_carrier *c)
{
	return !c || lp_carrier_state(c) == LP_CARRIER_FAILED ||
	       lp_carrier_state(c) == LP_CARRIER_CLOSING;
}

static void an_end_without_memory_ends(void **state)
{
	(void)state;
	unsigned ended = 0, n = 1;
	for (bool failed = true; failed; n++) {
		struct lp_identity *identity = lp_identity_new("relay.example", NOW_UNIX);
		heap_arm(n);
		bool good = connect_and_carry(identity);
		failed = heap_disarm();
		if (!good && !has_ended(member) && !has_ended(relay))
			fail_msg("allocation %u of both ends: both wait for ever", n);
		ended += !good;
		assert_true(good || failed);
		lp_carrier_free(member);
		lp_carrier_free(relay);
		lp_identity_free(identity);
	}
	assert_true(n > 20 && ended > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_without_memory_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
