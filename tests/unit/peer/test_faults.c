/* Row W1: which failure of which endpoint is told, and when trying again is useless. */
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"

static struct lp_faults faults;
static const struct lp_peer_options options = {
	.relay = {"one.example", 443}, .also = {{"2001:db8::2", 4500}}, .also_count = 1};
static char lines[2000];

static void take_line(void *context, const char *line, size_t len)
{
	(void)context;
	size_t at = strlen(lines);
	assert_true(at + len + 1 < sizeof(lines));
	memcpy(lines + at, line, len);
	memcpy(lines + at + len, "\n", 2);
}

static int begin(void **state)
{
	(void)state;
	faults = (struct lp_faults){0};
	lines[0] = '\0';
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	lp_log_to(take_line, NULL);
	return 0;
}

static void note(size_t endpoint, enum lp_quic_end end, enum lp_send_failure failure, bool final)
{
	struct lp_fault f = {.end = {.end = end, .failure = failure}, .final = final};
	snprintf(f.text, sizeof(f.text), "%d-%d", (int)end, (int)failure);
	lp_faults_note(&faults, endpoint, &f);
}

static void note_no_address(size_t endpoint)
{
	const struct lp_fault f = {
		.end = {.no_address = true, .end = LP_QUIC_END_ERROR}, .text = "no address"};
	lp_faults_note(&faults, endpoint, &f);
}

#define SILENT LP_QUIC_END_HANDSHAKE

/* From what says least to what says most. */
static void W1_the_most_telling_failure_of_an_endpoint_counts(void **state)
{
	static const struct {
		enum lp_quic_end end;
		enum lp_send_failure failure;
	} rows[] = {{SILENT, LP_SEND_NO_ROUTE}, {SILENT, LP_SEND_GOOD},
		{SILENT, LP_SEND_UNREACHABLE}, {SILENT, LP_SEND_REFUSED},
		{LP_QUIC_END_PIN, LP_SEND_GOOD}};
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			lp_faults_clear(&faults);
			assert_null(lp_faults_worst(&faults));
			note(0, rows[i].end, rows[i].failure, false);
			note(0, rows[j].end, rows[j].failure, false);
			note_no_address(0);
			note_no_address(1);
			const struct lp_link_end *worst = &lp_faults_worst(&faults)->end;
			assert_int_equal(worst->failure, rows[i > j ? i : j].failure);
			assert_int_equal(worst->end, rows[i > j ? i : j].end);
		}
}

static void note_stream(enum lp_stream_end end, enum lp_send_failure failure)
{
	struct lp_fault f = {.end = {.end = LP_QUIC_END_HANDSHAKE,
				     .failure = failure,
				     .stream = true,
				     .stream_failure = {.end = end, .failure = failure}}};
	snprintf(f.text, sizeof(f.text), "stream %d-%d", (int)end, (int)failure);
	lp_faults_note(&faults, 0, &f);
}

/* Row W2: what a proxy or a login page says can be mended; that TCP is silent, too, says nothing. */
static void W2_a_failure_of_tcp_counts_when_it_can_be_mended(void **state)
{
	static const struct {
		enum lp_stream_end end;
		enum lp_send_failure failure, udp;
		bool counts;
	} rows[] = {
		{LP_STREAM_NO_TCP, LP_SEND_GOOD, LP_SEND_GOOD, false},
		{LP_STREAM_NO_TCP, LP_SEND_REFUSED, LP_SEND_GOOD, false},
		{LP_STREAM_NO_TCP, LP_SEND_REFUSED, LP_SEND_NO_ROUTE, true},
		{LP_STREAM_NO_TCP, LP_SEND_NO_ROUTE, LP_SEND_NO_ROUTE, false},
		{LP_STREAM_SLOW, LP_SEND_GOOD, LP_SEND_GOOD, false},
		{LP_STREAM_CLOSED, LP_SEND_GOOD, LP_SEND_UNREACHABLE, false},
		{LP_STREAM_PASSWORD, LP_SEND_GOOD, LP_SEND_UNREACHABLE, true},
		{LP_STREAM_PROXY, LP_SEND_GOOD, LP_SEND_REJECTED, true},
		{LP_STREAM_PROXY, LP_SEND_GOOD, LP_SEND_FORBIDDEN, true},
		{LP_STREAM_NOT_LANPARTY, LP_SEND_GOOD, LP_SEND_GOOD, true},
		{LP_STREAM_NOT_LANPARTY, LP_SEND_GOOD, LP_SEND_REFUSED, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int udp_first = 0; udp_first < 2; udp_first++) {
			lp_faults_clear(&faults);
			if (udp_first)
				note(0, SILENT, rows[i].udp, false);
			note_stream(rows[i].end, rows[i].failure);
			if (!udp_first)
				note(0, SILENT, rows[i].udp, false);
			bool tie = rows[i].failure == LP_SEND_NO_ROUTE;
			assert_int_equal(lp_faults_worst(&faults)->end.stream,
				tie ? !udp_first : rows[i].counts);
		}
}

static enum lp_stream_end end_that_counts(void)
{
	return lp_faults_worst(&faults)->end.stream_failure.end;
}

/* It was named for networks like this one, so its silence can be mended. */
static void W2_a_proxy_that_does_not_answer_counts(void **state)
{
	static const enum lp_stream_end ends[] = {LP_STREAM_SLOW, LP_STREAM_NO_TCP};
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const struct lp_fault f = {
			.end = {.end = LP_QUIC_END_HANDSHAKE,
				.stream = true,
				.stream_failure = {.end = ends[i], .proxy = true}}};
		lp_faults_clear(&faults);
		note(0, SILENT, LP_SEND_UNREACHABLE, false);
		lp_faults_note(&faults, 0, &f);
		assert_int_equal(end_that_counts(), ends[i]);
	}
}

/* Over TCP, too, what the relay itself says is more than that UDP is silent or refused. */
static void W2_a_relay_that_refuses_over_tcp_counts(void **state)
{
	const struct lp_fault f = {
		.end = {.end = LP_QUIC_END_PEER, .stream = true}, .text = "the room is full"};
	(void)state;
	note(0, SILENT, LP_SEND_GOOD, false);
	note_stream(LP_STREAM_NOT_LANPARTY, LP_SEND_GOOD);
	lp_faults_note(&faults, 0, &f);
	assert_string_equal(lp_faults_worst(&faults)->text, "the room is full");
}

static void W1_trying_again_is_useless_when_it_is_at_each_endpoint(void **state)
{
	(void)state;
	assert_false(lp_faults_are_final(&faults, 1));
	note(0, LP_QUIC_END_PIN, LP_SEND_GOOD, true);
	assert_true(lp_faults_are_final(&faults, 1));
	assert_false(lp_faults_are_final(&faults, 2));
	note(1, SILENT, LP_SEND_GOOD, false);
	assert_false(lp_faults_are_final(&faults, 2));
	note(1, LP_QUIC_END_ALPN, LP_SEND_GOOD, true);
	assert_true(lp_faults_are_final(&faults, 2));
}

static size_t lines_told(size_t won)
{
	size_t count = 0;
	lines[0] = '\0';
	lp_faults_tell(&faults, &options, won);
	for (const char *at = lines; (at = strchr(at, '\n')); at++)
		count++;
	return count;
}

static void W1_each_endpoint_is_told_once_until_it_has_worked_or_fails_otherwise(void **state)
{
	(void)state;
	note(0, SILENT, LP_SEND_GOOD, false);
	note(1, SILENT, LP_SEND_GOOD, false);
	assert_int_equal(lines_told(LP_NO_ENDPOINT), 2);
	assert_non_null(strstr(lines, "endpoint=one.example reason=4-0\n"));
	assert_non_null(strstr(lines, "endpoint=[2001:db8::2]:4500 reason=4-0\n"));
	assert_int_equal(lines_told(LP_NO_ENDPOINT), 0);
	note(1, SILENT, LP_SEND_REFUSED, false);
	assert_int_equal(lines_told(LP_NO_ENDPOINT), 1);
	assert_int_equal(lines_told(1), 0); /* it has worked */
	assert_int_equal(lines_told(LP_NO_ENDPOINT), 1);
}

/* A race that is won: only what somebody has refused is sure to be wrong. */
static void W1_an_endpoint_beside_the_one_that_works_is_told_when_it_refuses(void **state)
{
	(void)state;
	note(0, SILENT, LP_SEND_GOOD, false);
	assert_int_equal(lines_told(1), 0);
	note(0, SILENT, LP_SEND_REFUSED, false);
	assert_int_equal(lines_told(1), 1);
	assert_int_equal(lines_told(1), 0);
}

static void W1_the_only_endpoint_has_no_line_of_its_own(void **state)
{
	static const struct lp_peer_options one = {.relay = {"one.example", 443}};
	(void)state;
	note(0, SILENT, LP_SEND_REFUSED, false);
	lp_faults_tell(&faults, &one, LP_NO_ENDPOINT);
	assert_string_equal(lines, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(W1_the_most_telling_failure_of_an_endpoint_counts, begin),
		cmocka_unit_test_setup(W2_a_failure_of_tcp_counts_when_it_can_be_mended, begin),
		cmocka_unit_test_setup(W2_a_proxy_that_does_not_answer_counts, begin),
		cmocka_unit_test_setup(W2_a_relay_that_refuses_over_tcp_counts, begin),
		cmocka_unit_test_setup(
			W1_trying_again_is_useless_when_it_is_at_each_endpoint, begin),
		cmocka_unit_test_setup(
			W1_each_endpoint_is_told_once_until_it_has_worked_or_fails_otherwise,
			begin),
		cmocka_unit_test_setup(
			W1_an_endpoint_beside_the_one_that_works_is_told_when_it_refuses, begin),
		cmocka_unit_test_setup(W1_the_only_endpoint_has_no_line_of_its_own, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
