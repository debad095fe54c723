/* A TAP interface, as client and gateway open it. */
#include "linux_lan.h"

#include <errno.h>
#include <net/if.h>

#include "lanparty/edge/linux/netlink.h"
#include "lanparty/edge/linux/tap.h"

static struct lp_fd_port port;
static struct lp_tap tap;

static int open_tap(void **state)
{
	(void)state;
	if (!in_namespace)
		return 0;
	tap.fd = -1;
	assert_int_equal(lp_tap_open("lptest%d", &tap), 0);
	port = (struct lp_fd_port){.fd = tap.fd};
	return 0;
}

static int close_tap(void **state)
{
	(void)state;
	if (in_namespace && tap.fd >= 0)
		close(tap.fd);
	tap.fd = -1;
	return 0;
}

static void bring_up(void)
{
	assert_int_equal(
		lp_netlink_change(tap.index, &(struct lp_interface_change){.up = true}), 0);
}

static void it_lives_as_long_as_its_descriptor(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	assert_string_equal(tap.name, "lptest0");
	assert_int_equal(tap.index, (int)if_nametoindex("lptest0"));
	assert_true(output_has("ip -o link show lptest0", "state DOWN"));
	close_tap(state);
	assert_false(output_has("ip link", "lptest0"));
}

static void frames_are_read_one_by_one(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	static const uint8_t sent[2][60] = {
		{BROADCAST, STATION, TEST_TYPE, 'a'}, {BROADCAST, STATION, TEST_TYPE, 'b'}};
	uint8_t frame[2048];
	size_t len = 7;
	assert_false(lp_tap_read(&port, frame, sizeof(frame), &len));
	assert_false(port.gone); /* down, but there */
	bring_up();
	assert_false(lp_tap_read(&port, frame, sizeof(frame), &len));
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(len, 7);
	int host = open_host("lptest0", false);
	for (size_t i = 0; i < 2; i++)
		send_frame(host, sent[i], sizeof(sent[i]));
	for (size_t i = 0; i < 2; i++) {
		assert_true(lp_tap_read(&port, frame, sizeof(frame), &len));
		assert_int_equal(len, sizeof(sent[i]));
		assert_memory_equal(frame, sent[i], len);
	}
	assert_false(lp_tap_read(&port, frame, sizeof(frame), &len));
	assert_false(port.gone);
	close(host);
}

static void a_deleted_interface_is_noticed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	uint8_t frame[2048];
	size_t len;
	bring_up();
	run("ip link del lptest0");
	assert_false(lp_tap_read(&port, frame, sizeof(frame), &len));
	assert_true(port.gone);
	assert_true(lp_netlink_is_deleted(tap.index));
}

static void its_carrier_comes_and_goes(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	bring_up();
	assert_true(lp_tap_set_carrier(tap.fd, false));
	assert_true(output_has("ip -o link show lptest0", "NO-CARRIER"));
	assert_true(lp_tap_set_carrier(tap.fd, true));
	assert_false(output_has("ip -o link show lptest0", "NO-CARRIER"));
}

static void a_bad_name_is_refused(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_tap other = {.fd = 77};
	assert_int_equal(lp_tap_open("lptest0", &other), EBUSY);
	assert_int_equal(lp_tap_open("a-name-of-16-cha", &other), EINVAL);
	assert_int_equal(lp_tap_open("a/b", &other), EINVAL);
	assert_int_equal(other.fd, 77);
}

#define TAP_TEST(function) cmocka_unit_test_setup_teardown(function, open_tap, close_tap)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TAP_TEST(it_lives_as_long_as_its_descriptor),
		TAP_TEST(frames_are_read_one_by_one),
		TAP_TEST(a_deleted_interface_is_noticed),
		TAP_TEST(its_carrier_comes_and_goes),
		TAP_TEST(a_bad_name_is_refused),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
