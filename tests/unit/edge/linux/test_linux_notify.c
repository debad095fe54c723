/* What a service manager hears, through its real socket. */
#include "lanparty/edge/linux/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static int manager_at(char name[32])
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(name, 32, "@lanparty-notify-%d", getpid());
	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	return fd;
}

static void without_a_manager_nothing_happens(void **state)
{
	(void)state;
	static const char *const places[] = {"", "@", "relative", "/nobody/is/here", "@nobody"};
	unsetenv("NOTIFY_SOCKET");
	lp_notify_open();
	lp_notify("READY=1");
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		setenv("NOTIFY_SOCKET", places[i], 1);
		setenv("WATCHDOG_USEC", "30000000", 1);
		lp_notify_open();
		lp_notify("READY=1");
		assert_int_equal(lp_notify_interval(), 0);
	}
}

static void the_manager_hears_it(void **state)
{
	(void)state;
	char name[32], heard[64] = "";
	int fd = manager_at(name);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	lp_notify_open();
	assert_int_equal(lp_notify_interval(), 0); /* it watches another process */
	unsetenv("WATCHDOG_PID");
	lp_notify_open();
	assert_int_equal(lp_notify_interval(), 15);
	setenv("WATCHDOG_USEC", "1900000", 1);
	lp_notify_open();
	assert_int_equal(lp_notify_interval(), 1); /* as often as whole seconds allow */
	lp_notify("READY=1");
	assert_int_equal(read(fd, heard, sizeof(heard)), 7);
	assert_string_equal(heard, "READY=1");
	close(fd);
	lp_notify("STOPPING=1"); /* nobody listens any more */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_manager_nothing_happens),
		cmocka_unit_test(the_manager_hears_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
