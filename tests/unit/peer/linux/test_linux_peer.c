/* The loop of the gateway and the Linux client, with a frame port of the test's own. */
#include "lanparty/peer/linux/peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/linux/fd_port.h"
#include "null_port.h"

struct pipe_port {
	struct lp_fd_port fd_port;
	size_t wake_ups;
	bool was_full;
};

/* Plays a port that is full after each wake-up, and ends the program at the third. */
static size_t pipe_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	struct pipe_port *p = (struct pipe_port *)(void *)port;
	(void)sink;
	(void)context;
	p->was_full |= p->fd_port.full;
	p->fd_port.full = true;
	if (++p->wake_ups == 3)
		raise(SIGTERM);
	return 0;
}

static const struct lp_port_ops ops = {
	.read = pipe_read, .down = null_port_down, .members = null_port_members};

static void a_full_port_is_tried_again_at_the_next_wake_up(void **state)
{
	(void)state;
	struct lp_peer_options options = {.relay = {.name = "127.0.0.1", .port = 9}};
	struct pipe_port port = {.fd_port = {.port.ops = &ops, .full = true}};
	struct lp_resume_file resume = {.fd = -1};
	const struct lp_peer_config config = {.options = &options,
		.role = LP_ROLE_GATEWAY,
		.port = &port.fd_port.port,
		.resume = &resume,
		.fd = -1};
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1); /* it stays readable */
	port.fd_port.fd = ends[0];
	lp_log_set(LP_LOG_ERROR, LP_LOG_TEXT);
	assert_int_equal(lp_peer_run(&config), LP_EXIT_OK);
	assert_true(port.wake_ups >= 3);
	assert_false(port.was_full);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_port_is_tried_again_at_the_next_wake_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
