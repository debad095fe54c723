/* Out of memory while a stream is opened: the n-th allocation fails, for each n, ours and ngtcp2's. */
#include "heap.h"
#include "quic_pair.h"

/* wolfSSL takes two blocks of AES for each packet: a lack of those is a failed encryption. */
#define AES_BYTES 32

/* True when the request and its answer arrived. */
static bool ask(struct quic_pair *pair)
{
	int64_t stream;
	uint8_t bytes[300] = {0};
	struct lp_quic_conn *conn = pair->log[CLIENT].conn;
	enum lp_status status = lp_quic_open(conn, &stream);
	if (status == LP_OK)
		status = lp_quic_send(conn, stream, bytes, sizeof bytes, true);
	if (status != LP_OK && status != LP_NO_MEMORY)
		fail_msg("the stream ends with: %s", lp_status_text(status));
	pair_run(pair, LP_SECOND / 10);
	return pair->log[SERVER].stream_total == sizeof bytes;
}

/* The end without memory says so; the other hears of it by a reset. True when there was an end. */
static bool check_ends(const struct quic_pair *pair, unsigned n)
{
	unsigned starved = 0;
	for (int i = 0; i < 2; i++) {
		const struct log *log = &pair->log[i];
		if (!log->closed)
			continue;
		if (log->why.end == LP_QUIC_END_MEMORY)
			starved++;
		else if (log->why.end != LP_QUIC_END_RESET)
			fail_msg("allocation %u: end %d, %s", n, (int)log->why.end, log->why.text);
		if (log->why.end == LP_QUIC_END_MEMORY)
			assert_string_equal(log->why.text, "out of memory");
	}
	if (!starved && pair->log[CLIENT].closed + pair->log[SERVER].closed > 0)
		fail_msg("allocation %u: nobody says that memory is lacking", n);
	return starved > 0;
}

static void a_connection_without_memory_ends_with_that_reason(void **state)
{
	(void)state;
	unsigned n = 1, ended = 0;
	for (bool failed = true; failed; n++) {
		struct quic_pair *pair = pair_up();
		heap.spared = AES_BYTES;
		heap_arm(n);
		bool arrived = ask(pair);
		failed = heap_disarm();
		ended += check_ends(pair, n);
		assert_true(failed || arrived);
		pair_free(pair);
	}
	assert_true(n > 3 && ended > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_without_memory_ends_with_that_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
