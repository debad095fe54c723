/* Row N5: the networks of this computer stay known while the kernel does not answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "guard.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/own.h"
#include "lanparty/edge/linux/tcp.h"
#include "linux_log.h"
#include "null_port.h"
#include "stream.h"

/* The linker's --wrap replaces them: the way to the relay beside the room, and whether the kernel pins. */
static unsigned way, pinned_to, pins;
static bool can_pin;

unsigned __wrap_lp_own_way(const struct lp_address *to, int tap);
unsigned __wrap_lp_own_way(const struct lp_address *to, int tap)
{
	assert_int_equal(ntohs(to->in.sin_port), 443);
	assert_int_equal(tap, INT32_MAX);
	return way;
}

bool __wrap_lp_udp_pin(struct lp_udp *u, unsigned interface);
bool __wrap_lp_udp_pin(struct lp_udp *u, unsigned interface)
{
	(void)u;
	pins++;
	if (can_pin)
		pinned_to = interface;
	return can_pin;
}

/* A stream is only passed on, too. */
int __wrap_lp_stream_fd(const struct lp_stream *s);
int __wrap_lp_stream_fd(const struct lp_stream *s)
{
	return *(const int *)(const void *)s;
}

bool __wrap_lp_tcp_pin(int fd, unsigned interface);
bool __wrap_lp_tcp_pin(int fd, unsigned interface)
{
	assert_int_equal(fd, 7);
	pins++;
	pinned_to = interface;
	return true;
}

/* Without a descriptor no netlink socket can be opened. */
static void allow_descriptors(bool allow)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = allow ? limit.rlim_max : 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void networks_stay_known_while_the_kernel_does_not_answer(void **state)
{
	(void)state;
	static const struct lp_link_ops none;
	const struct lp_prefix known = lp_prefix_ipv4(0xc0a84d00, 24);
	struct lp_port port = {.ops = &null_port_ops};
	struct lp_peer_options peer = {.name = "me"};
	const struct lp_link_config config = {
		.options = &peer, .role = LP_ROLE_CLIENT, .port = &port, .ops = &none};
	struct lp_link *link = lp_link_open(&config);
	struct lp_guard guard;
	assert_non_null(link);
	lp_guard_open(&guard, INT32_MAX);
	assert_true(guard.fd >= 0);
	lp_own_add(&guard.own, LP_OWN_NETWORK, &known);
	allow_descriptors(false);
	lp_guard_look(&guard, link);
	allow_descriptors(true);
	assert_int_equal(guard.own.count, 1);
	assert_true(guard.look_at != LP_NEVER && guard.look_at > lp_clock());
	assert_true(guard.told);
	assert_true(guard.news_at == LP_NEVER); /* nothing has changed */
	lp_guard_read(&guard, LP_SECOND);
	assert_true(guard.news_at != LP_NEVER);
	lp_guard_look(&guard, link);
	assert_true(guard.look_at == LP_NEVER);
	assert_true(
		guard.news_at != LP_NEVER); /* a look for a new socket is not all that news cause */
	for (size_t i = 0; i < guard.own.count; i++)
		assert_false(lp_prefix_same_address(&guard.own.list[i].prefix, &known));
	lp_guard_close(&guard);
	lp_link_close(link);
}

static void a_pin_that_fails_is_told_once_until_one_holds(void **state)
{
	(void)state;
	int socket;
	struct lp_guarded none = {0};
	struct lp_guarded guarded = {.udp = (struct lp_udp *)(void *)&socket, /* only passed on */
		.remote.in = {.sin_family = AF_INET, .sin_port = htons(443)}};
	struct lp_guard guard;
	lp_guard_open(&guard, INT32_MAX);
	way = 3;
	catch_log();
	for (unsigned times = 1; times <= 2; times++) {
		can_pin = false;
		for (int i = 0; i < 3; i++)
			lp_guard_pin(&guard, &guarded);
		assert_int_equal(times_logged("event=pin_failed"), times);
		can_pin = true;
		lp_guard_pin(&guard, &guarded);
		lp_guard_pin(&guard, &guarded); /* it is pinned already */
		assert_int_equal(pinned_to, way);
		assert_int_equal(pins, 4 * times);
		way++;
	}
	assert_int_equal(times_logged("event=pin_failed"), 2);
	lp_guard_pin(&guard, &none); /* there is no socket to pin */
	assert_int_equal(pinned_to, way - 1);
	release_log();
	lp_guard_close(&guard);
}

/* Row W2: only root can bind TCP a second time. */
static void W2_a_stream_is_pinned_once(void **state)
{
	(void)state;
	int stream = 7, ended = -1;
	struct lp_guarded guarded = {.stream = (struct lp_stream *)(void *)&stream,
		.remote.in = {.sin_family = AF_INET, .sin_port = htons(443)}};
	struct lp_guarded other = guarded;
	struct lp_guard guard;
	lp_guard_open(&guard, INT32_MAX);
	other.stream = (struct lp_stream *)(void *)&ended;
	pins = way = 0;
	lp_guard_pin(&guard, &guarded); /* nothing of the room is in its way */
	assert_int_equal(pins, 0);
	way = 4;
	lp_guard_pin(&guard, &other);
	assert_int_equal(pins, 0);
	lp_guard_pin(&guard, &guarded);
	assert_int_equal(pinned_to, 4);
	way = 5;
	lp_guard_pin(&guard, &guarded);
	way = 0;
	lp_guard_pin(&guard, &guarded);
	assert_int_equal(pins, 1);
	assert_int_equal(guarded.pinned, 4);
	lp_guard_close(&guard);
}

static void a_list_that_the_kernel_did_not_give_is_not_whole(void **state)
{
	(void)state;
	struct lp_own_list own = {0};
	bool whole = true;
	allow_descriptors(false);
	bool read = lp_own_read(INT32_MAX, &own, &whole);
	allow_descriptors(true);
	assert_false(read);
	assert_false(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_stay_known_while_the_kernel_does_not_answer),
		cmocka_unit_test(a_pin_that_fails_is_told_once_until_one_holds),
		cmocka_unit_test(W2_a_stream_is_pinned_once),
		cmocka_unit_test(a_list_that_the_kernel_did_not_give_is_not_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
