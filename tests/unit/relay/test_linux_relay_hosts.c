/* Row N4: the file of a relay that has the host keys of its rooms. */
#include "hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/linux/rights.h"
#include "linux_log.h"
#include "temporary.h"

#define PLACE (TEMPORARY_PATH + 20)

static const uint8_t room_key[LP_ROOM_KEY_SIZE] = {7};
static char base[TEMPORARY_PATH], folder[PLACE], path[PLACE + 10];

static int make_base(void **state)
{
	(void)state;
	if (!temporary_folder(base) || chmod(base, 0755) != 0)
		return 1;
	snprintf(folder, sizeof(folder), "%s/state", base);
	snprintf(path, sizeof(path), "%s/hosts", folder);
	catch_log();
	return 0;
}

static int remove_base(void **state)
{
	(void)state;
	release_log();
	remove(path);
	remove(folder);
	return rmdir(base);
}

static void put(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void assert_refused(void)
{
	enum lp_exit code = LP_EXIT_OK;
	assert_null(hosts_open(folder, &code));
	assert_int_equal(code, LP_EXIT_NO_INPUT);
}

static bool has_key(struct hosts *h, uint8_t first)
{
	struct lp_hosted found;
	struct lp_host_book book = hosts_book(h);
	return book.find(book.context, room_key, &found) && found.key[0] == first;
}

static struct hosts *open_and_keep(uint8_t first)
{
	enum lp_exit code;
	const struct lp_hosted hosted = {.key = {first}};
	struct hosts *h = hosts_open(folder, &code);
	assert_non_null(h);
	assert_true(hosts_start(h));
	struct lp_host_book book = hosts_book(h);
	assert_true(book.keep(book.context, room_key, &hosted));
	return h;
}

static void N4_the_next_run_knows_the_host_of_a_room(void **state)
{
	(void)state;
	enum lp_exit code;
	struct stat st;
	hosts_close(open_and_keep(9));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	struct hosts *h = hosts_open(folder, &code);
	assert_non_null(h);
	assert_true(has_key(h, 9));
	hosts_close(h);
}

static void N4_two_relays_do_not_share_a_folder(void **state)
{
	(void)state;
	struct hosts *h = open_and_keep(9), *other = open_and_keep(8);
	assert_int_equal(times_logged("another relay uses it"), 1);
	hosts_close(other);
	hosts_close(h);
	h = open_and_keep(7);
	assert_int_equal(times_logged("rooms=1"), 1);
	hosts_close(h);
}

/* As a power failure can leave it: to read it as an empty one would give the rooms away. */
static void N4_a_file_of_zeros_is_refused(void **state)
{
	(void)state;
	static const char zeros[4096], line[] = "# one\n# two\0# three\n";
	hosts_close(open_and_keep(9));
	put(zeros, sizeof(zeros));
	assert_refused();
	assert_int_equal(times_logged("line=1 "), 1);
	put(zeros, 1);
	assert_refused();
	put(line, sizeof(line) - 1);
	assert_refused();
	assert_int_equal(times_logged("line=2 "), 1);
	put(line, strlen(line) + 1);
	assert_refused();
	put("# one\n", 6);
	hosts_close(open_and_keep(9));
}

static void N4_what_is_no_file_is_refused_at_once(void **state)
{
	(void)state;
	hosts_close(open_and_keep(9));
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10); /* it would wait for a writer without end */
	assert_refused();
	alarm(0);
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused();
	assert_int_equal(remove(path), 0);
}

/* The relay's user could make one that leads to a file of somebody else. */
static void N4_a_symbolic_link_is_refused(void **state)
{
	(void)state;
	char other[sizeof(path) + 10];
	snprintf(other, sizeof(other), "%s.other", path);
	hosts_close(open_and_keep(9));
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_refused();
	assert_int_equal(remove(other), 0);
}

/* Root does not give it away. */
static void N4_a_folder_that_the_relay_cannot_write_is_told(void **state)
{
	(void)state;
	enum lp_exit code;
	if (!lp_rights_is_root())
		skip();
	assert_int_equal(mkdir(folder, 0755), 0);
	struct hosts *h = hosts_open(folder, &code);
	assert_non_null(h);
	assert_int_equal(times_logged("event=hosts_not_kept"), 1);
	assert_int_equal(times_logged("Permission denied"), 1);
	hosts_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			N4_the_next_run_knows_the_host_of_a_room, make_base, remove_base),
		cmocka_unit_test_setup_teardown(
			N4_two_relays_do_not_share_a_folder, make_base, remove_base),
		cmocka_unit_test_setup_teardown(
			N4_a_file_of_zeros_is_refused, make_base, remove_base),
		cmocka_unit_test_setup_teardown(
			N4_what_is_no_file_is_refused_at_once, make_base, remove_base),
		cmocka_unit_test_setup_teardown(
			N4_a_symbolic_link_is_refused, make_base, remove_base),
		cmocka_unit_test_setup_teardown(
			N4_a_folder_that_the_relay_cannot_write_is_told, make_base, remove_base),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
