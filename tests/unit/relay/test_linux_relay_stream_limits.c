/* What strangers can do with the relay's TCP connections: row N6. */
#include "stream_unit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "handover.h"

static void N6_a_silent_connection_ends_after_five_seconds(void **state)
{
	(void)state;
	struct relay r;
	start_relay(&r);
	int fd = connect_from(&r, 0);
	assert_true(stays_open(&r, fd));
	assert_int_equal(streams_deadline(r.streams), r.now + STREAMS_OPENING);
	r.now += STREAMS_OPENING - 1;
	assert_true(stays_open(&r, fd));
	r.now++;
	assert_true(is_closed(&r, fd));
	assert_int_equal(counters(&r).timed_out, 1);
	assert_int_equal(streams_deadline(r.streams), LP_NEVER);
	close(fd);
	stop_relay(&r);
}

static void N6_a_slow_handshake_gets_no_more_time(void **state)
{
	(void)state;
	struct relay r;
	struct client c;
	size_t len;
	start_relay(&r);
	open_client(&r, &c, 0);
	for (int i = 0; i < 5; i++) {
		const uint8_t *bytes = lp_carrier_pending(c.carrier, &len);
		assert_true(len > 1);
		assert_int_equal(send(c.fd, bytes, 1, MSG_NOSIGNAL), 1);
		lp_carrier_sent(c.carrier, 1);
		assert_true(stays_open(&r, c.fd));
		r.now += LP_SECOND;
	}
	assert_true(is_closed(&r, c.fd));
	close_client(&c);
	/* Also one that has asked for the upgrade, and sends no payload. */
	join_relay(&r, &c, 0);
	r.now += STREAMS_OPENING - 1;
	assert_true(stays_open(&r, c.fd));
	r.now++;
	assert_true(is_closed(&r, c.fd));
	assert_int_equal(counters(&r).timed_out, 2);
	close_client(&c);
	stop_relay(&r);
}

static void N6_a_connection_without_payloads_ends_with_the_idle_time(void **state)
{
	(void)state;
	struct relay r;
	struct client c;
	start_relay(&r);
	join_relay(&r, &c, 0);
	for (int i = 0; i < 3; i++) {
		say_packet(&r, &c);
		assert_int_equal(streams_deadline(r.streams), r.now + IDLE);
		r.now += IDLE - 1;
		assert_true(stays_open(&r, c.fd));
	}
	r.now++;
	for (int i = 0; i < ROUNDS && !c.ended; i++) {
		relay_turn(&r);
		client_turn(&c, true);
	}
	assert_true(c.ended);
	/* In order: the other end is told, and answers. */
	assert_int_equal(lp_carrier_fault(c.carrier, NULL), LP_CARRIER_NO_FAULT);
	assert_int_equal(counters(&r).timed_out, 0);
	close_client(&c);
	stop_relay(&r);
}

/* What no QUIC connection knows is no sign of life. */
static void N6_junk_keeps_no_connection_alive(void **state)
{
	(void)state;
	struct relay r;
	struct client c;
	start_relay(&r);
	r.is_junk = true;
	join_relay(&r, &c, 0);
	r.now += STREAMS_OPENING - 1;
	say_packet(&r, &c);
	assert_int_equal(r.count, 1);
	assert_true(stays_open(&r, c.fd));
	r.now++;
	assert_true(is_closed(&r, c.fd));
	assert_int_equal(counters(&r).timed_out, 1);
	close_client(&c);
	/* Nor does it prolong what a QUIC connection has used. */
	r.is_junk = false;
	join_relay(&r, &c, 0);
	say_packet(&r, &c);
	r.is_junk = true;
	lp_time end = r.now + IDLE;
	r.now = end - 1;
	say_packet(&r, &c);
	assert_int_equal(r.count, 3);
	assert_int_equal(streams_deadline(r.streams), end);
	close_client(&c);
	stop_relay(&r);
}

static void N6_the_end_of_a_connection_has_a_limit(void **state)
{
	(void)state;
	struct relay r;
	struct client c;
	start_relay(&r);
	join_relay(&r, &c, 0);
	say_packet(&r, &c);
	r.now += IDLE;
	for (int i = 0; i < 20; i++)
		relay_turn(&r);
	assert_true(streams_any(r.streams));
	r.now += STREAMS_LEAVING - 1;
	relay_turn(&r);
	assert_true(streams_any(r.streams));
	r.now++;
	relay_turn(&r);
	assert_false(streams_any(r.streams));
	close_client(&c);
	stop_relay(&r);
}

static void N6_one_source_gets_a_share_of_all_connections(void **state)
{
	(void)state;
	struct relay r;
	struct client clients[7];
	listen_somewhere(&r);
	struct streams_config config = config_of(&r);
	config.max = 6;
	open_relay(&r, &config);
	for (int i = 0; i < 4; i++) {
		join_relay(&r, &clients[i], 0);
		say_packet(&r, &clients[i]);
	}
	int refused = connect_from(&r, 0);
	assert_true(is_closed(&r, refused));
	assert_int_equal(counters(&r).refused, 1);
	close(refused);
	join_relay(&r, &clients[4], 1); /* the others have two */
	join_relay(&r, &clients[5], 2);
	refused = connect_from(&r, 3);
	assert_true(is_closed(&r, refused));
	close(refused);
	close_client(&clients[0]); /* and each that ends counts no more */
	for (int i = 0; i < 20; i++)
		relay_turn(&r);
	join_relay(&r, &clients[0], 3);
	for (int i = 0; i < 6; i++)
		close_client(&clients[i]);
	stop_relay(&r);
}

static void N6_idle_connections_of_many_sources_give_way(void **state)
{
	(void)state;
	struct relay r;
	struct client c;
	int idle[CLIENTS];
	listen_somewhere(&r);
	struct streams_config config = config_of(&r);
	config.max = 1000;
	config.max_opening = 8;
	open_relay(&r, &config);
	for (uint8_t i = 0; i < 8; i++) {
		idle[i] = connect_from(&r, i);
		assert_true(stays_open(&r, idle[i]));
	}
	join_relay(&r, &c, 100);
	assert_true(is_closed(&r, idle[0])); /* the oldest one */
	assert_int_equal(counters(&r).evicted, 1);
	assert_true(stays_open(&r, idle[1]));
	/* A member with a payload is none of them. */
	say_packet(&r, &c);
	for (uint8_t i = 8; i < CLIENTS; i++) {
		idle[i] = connect_from(&r, i);
		relay_turn(&r);
	}
	assert_true(stays_open(&r, c.fd));
	say_packet(&r, &c);
	assert_int_equal(r.count, 2);
	for (uint8_t i = 0; i < CLIENTS; i++)
		close(idle[i]);
	close_client(&c);
	stop_relay(&r);
}

static void N6_one_source_cannot_make_others_give_way(void **state)
{
	(void)state;
	struct relay r;
	int idle[CLIENTS];
	listen_somewhere(&r);
	struct streams_config config = config_of(&r);
	config.max = 1000;
	config.max_opening = 6;
	open_relay(&r, &config);
	int first = connect_from(&r, 1);
	assert_true(stays_open(&r, first));
	for (size_t i = 0; i < CLIENTS / 2; i++) {
		idle[i] = connect_from(&r, 0);
		relay_turn(&r);
	}
	assert_int_equal(counters(&r).refused, CLIENTS / 2 - 4);
	int last = connect_from(&r, 2); /* the sixth */
	assert_true(stays_open(&r, last));
	for (size_t i = CLIENTS / 2; i < CLIENTS; i++) {
		idle[i] = connect_from(&r, 0);
		relay_turn(&r);
	}
	assert_true(stays_open(&r, first));
	assert_true(stays_open(&r, last));
	assert_int_equal(counters(&r).evicted, 0);
	for (size_t i = 0; i < CLIENTS; i++)
		close(idle[i]);
	close(first);
	close(last);
	stop_relay(&r);
}

static void N6_few_connections_wait_for_another_worker(void **state)
{
	(void)state;
	static struct handover handover;
	static struct stream many[HANDOVER_MAX];
	for (size_t i = 0; i < HANDOVER_MAX; i++)
		handover_give(&handover, &many[i]);
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct stream *more = calloc(1, sizeof(*more));
	assert_non_null(more);
	more->fd = pair[0];
	handover_give(&handover, more);
	char byte;
	assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), 0); /* closed */
	close(pair[1]);
	size_t count = 0;
	for (struct stream *s = handover_take(&handover); s; s = s->next)
		count++;
	assert_int_equal(count, HANDOVER_MAX);
	assert_null(handover_take(&handover));
	handover_give(&handover, &many[0]); /* there is room again */
	assert_ptr_equal(handover_take(&handover), &many[0]);
}

/* Lines of the log with that event, written since begin_log. */
static FILE *log_file;
static int log_before;

static void begin_log(void)
{
	log_before = dup(STDERR_FILENO);
	log_file = tmpfile();
	if (!log_file) {
		fail_msg("no file for the log");
		return;
	}
	dup2(fileno(log_file), STDERR_FILENO);
}

static int end_log(const char *event)
{
	char line[2048];
	int count = 0;
	dup2(log_before, STDERR_FILENO);
	close(log_before);
	assert_int_equal(fseek(log_file, 0, SEEK_SET), 0);
	while (fgets(line, sizeof(line), log_file))
		count += strstr(line, event) != NULL;
	fclose(log_file);
	return count;
}

/* The connection that cannot be accepted stays; the loop sleeps nevertheless. */
static void N6_accepting_pauses_when_descriptors_are_short(void **state)
{
	(void)state;
	struct relay r;
	struct rlimit before, none;
	start_relay(&r);
	begin_log();
	getrlimit(RLIMIT_NOFILE, &before);
	int fd = connect_from(&r, 0);
	none = before;
	none.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct pollfd p = {.fd = streams_fd(r.streams), .events = POLLIN};
	assert_int_equal(poll(&p, 1, 1000), 1);
	streams_on_ready(r.streams, r.now);
	assert_int_equal(streams_deadline(r.streams), r.now + STREAMS_PAUSE);
	assert_int_equal(poll(&p, 1, 0), 0);
	r.now += STREAMS_PAUSE;
	streams_on_time(r.streams, r.now); /* tries again, and pauses again */
	assert_int_equal(poll(&p, 1, 0), 1);
	streams_on_ready(r.streams, r.now);
	assert_int_equal(poll(&p, 1, 0), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	r.now += STREAMS_PAUSE;
	streams_on_time(r.streams, r.now);
	assert_true(stays_open(&r, fd));
	assert_int_equal(counters(&r).accepted, 1);
	assert_int_equal(end_log("event=tcp_paused"), 1);
	close(fd);
	stop_relay(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N6_a_silent_connection_ends_after_five_seconds),
		cmocka_unit_test(N6_a_slow_handshake_gets_no_more_time),
		cmocka_unit_test(N6_a_connection_without_payloads_ends_with_the_idle_time),
		cmocka_unit_test(N6_junk_keeps_no_connection_alive),
		cmocka_unit_test(N6_the_end_of_a_connection_has_a_limit),
		cmocka_unit_test(N6_one_source_gets_a_share_of_all_connections),
		cmocka_unit_test(N6_idle_connections_of_many_sources_give_way),
		cmocka_unit_test(N6_one_source_cannot_make_others_give_way),
		cmocka_unit_test(N6_few_connections_wait_for_another_worker),
		cmocka_unit_test(N6_accepting_pauses_when_descriptors_are_short),
	};
	return cmocka_run_group_tests(tests, make_identity, free_identity);
}
