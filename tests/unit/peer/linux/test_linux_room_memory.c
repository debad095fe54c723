/* Row N4: the host keys of rooms, as a Linux client keeps them between two runs. */
#include "lanparty/peer/linux/room_memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "linux_log.h"
#include "temporary.h"

static const uint8_t none[LP_HOST_PRINT];
static char folder[TEMPORARY_PATH], path[TEMPORARY_PATH + 20];

static int make_folder(void **state)
{
	(void)state;
	return !temporary_folder(folder) || setenv("STATE_DIRECTORY", folder, 1) != 0 ||
	       snprintf(path, sizeof(path), "%s/lp0.hosts", folder) < 0;
}

static int remove_folder(void **state)
{
	(void)state;
	char ways[TEMPORARY_PATH + 20];
	snprintf(ways, sizeof(ways), "%s/lp0.ways", folder);
	remove(ways);
	remove(path);
	return rmdir(folder);
}

static void assert_found(unsigned room, const uint8_t *expected)
{
	struct lp_room_memory f;
	uint8_t found[LP_HOST_PRINT];
	const uint8_t key[LP_ROOM_KEY_SIZE] = {(uint8_t)room, (uint8_t)(room >> 8)};
	assert_true(lp_room_memory_hosts(&f, "lp0", key, found));
	assert_memory_equal(found, expected, LP_HOST_PRINT);
	lp_room_memory_close(&f);
}

static void keep(unsigned room, uint8_t host)
{
	struct lp_room_memory f;
	uint8_t found[LP_HOST_PRINT], kept[LP_HOST_PRINT] = {host};
	const uint8_t key[LP_ROOM_KEY_SIZE] = {(uint8_t)room, (uint8_t)(room >> 8)};
	assert_true(lp_room_memory_hosts(&f, "lp0", key, found));
	lp_room_memory_keep_host(&f, kept);
	lp_room_memory_close(&f);
}

static void N4_the_next_run_finds_the_host_of_each_room(void **state)
{
	(void)state;
	struct stat st;
	assert_found(1, none);
	keep(1, 10);
	keep(2, 20);
	keep(1, 11);
	assert_found(1, (const uint8_t[LP_HOST_PRINT]){11});
	assert_found(2, (const uint8_t[LP_HOST_PRINT]){20});
	assert_found(3, none);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 2 * sizeof(struct lp_host_memory));
}

static void N4_the_file_does_not_grow_without_end(void **state)
{
	(void)state;
	struct stat st;
	for (unsigned i = 100; i < 100 + 3 * LP_HOST_MEMORY_ROOMS; i++) {
		keep(i, (uint8_t)i);
		assert_found(i, (const uint8_t[LP_HOST_PRINT]){(uint8_t)i});
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, LP_HOST_MEMORY_ROOMS * sizeof(struct lp_host_memory));
}

static void N4_a_file_that_was_cut_is_used_as_far_as_it_goes(void **state)
{
	(void)state;
	remove(path);
	keep(1, 10);
	keep(2, 20);
	assert_int_equal(truncate(path, sizeof(struct lp_host_memory) + 7), 0);
	assert_found(1, (const uint8_t[LP_HOST_PRINT]){10});
	assert_found(2, none);
	keep(2, 21);
	assert_found(2, (const uint8_t[LP_HOST_PRINT]){21});
}

static bool reads_fail;
ssize_t __real_pread(int fd, void *bytes, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t at);

ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t at)
{
	errno = EIO;
	return reads_fail ? -1 : __real_pread(fd, bytes, len, at);
}

/* The same with _FORTIFY_SOURCE. */
ssize_t __wrap___pread_chk(int fd, void *bytes, size_t len, off_t at, size_t cap);

ssize_t __wrap___pread_chk(int fd, void *bytes, size_t len, off_t at, size_t cap)
{
	assert_true(len <= cap);
	return __wrap_pread(fd, bytes, len, at);
}

static void N4_a_file_that_cannot_be_read_is_left_alone(void **state)
{
	(void)state;
	remove(path);
	keep(1, 10);
	reads_fail = true;
	catch_log();
	assert_found(1, none);
	keep(2, 20);
	reads_fail = false;
	release_log();
	assert_int_equal(times_logged("event=room_not_kept"), 2);
	assert_int_equal(times_logged("Input/output error"), 2);
	assert_found(1, (const uint8_t[LP_HOST_PRINT]){10});
	assert_found(2, none);
}

static void N4_without_a_folder_nothing_is_kept(void **state)
{
	(void)state;
	setenv("STATE_DIRECTORY", "/nowhere", 1);
	keep(1, 10);
	assert_found(1, none);
	setenv("STATE_DIRECTORY", folder, 1);
}

static struct lp_entry way_of(const struct lp_peer_options *options, const struct lp_entry *keep)
{
	struct lp_room_memory m;
	struct lp_entry found;
	assert_true(lp_room_memory_ways(&m, "lp0", options, &found));
	if (keep)
		lp_room_memory_keep_way(&m, keep);
	lp_room_memory_close(&m);
	return found;
}

static void W1_the_next_run_finds_the_address_that_worked(void **state)
{
	struct lp_peer_options options = {.relay = {"a.example", 443},
		.also = {{"a.example", 4500}},
		.also_count = 1,
		.room_key = {1}};
	struct lp_entry v4 = {.endpoint = 1}, v6 = {0};
	(void)state;
	v4.address.len = sizeof(v4.address.in);
	v4.address.in.sin_family = AF_INET;
	v4.address.in.sin_port = htons(4500);
	v4.address.in.sin_addr.s_addr = htonl(0xcb007105);
	v6.address.len = sizeof(v6.address.in6);
	v6.address.in6.sin6_family = AF_INET6;
	v6.address.in6.sin6_port = htons(443);
	v6.address.in6.sin6_addr.s6_addr[0] = 0x20;
	assert_int_equal(way_of(&options, &v4).address.len, 0);
	struct lp_entry found = way_of(&options, &v6);
	assert_int_equal(found.endpoint, 1);
	assert_true(lp_address_equal(&found.address, &v4.address));
	assert_false(found.stream);
	v6.stream = true; /* row W2 */
	way_of(&options, &v6);
	found = way_of(&options, NULL);
	assert_int_equal(found.endpoint, 0);
	assert_true(found.stream);
	assert_true(lp_address_equal(&found.address, &v6.address));
	v6.address.in6.sin6_scope_id =
		1; /* of this computer, and perhaps another one after its restart */
	way_of(&options, &v6);
	assert_int_equal(way_of(&options, &v4).address.len, 0);
	options.also[0].port = 4501; /* the invite is another one */
	assert_int_equal(way_of(&options, NULL).address.len, 0);
	options.also[0].port = 4500;
	options.room_key[0] = 2;
	assert_int_equal(way_of(&options, NULL).address.len, 0);
	options.room_key[0] = 1;
	assert_int_equal(way_of(&options, NULL).endpoint, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N4_the_next_run_finds_the_host_of_each_room),
		cmocka_unit_test(N4_the_file_does_not_grow_without_end),
		cmocka_unit_test(N4_a_file_that_was_cut_is_used_as_far_as_it_goes),
		cmocka_unit_test(N4_a_file_that_cannot_be_read_is_left_alone),
		cmocka_unit_test(W1_the_next_run_finds_the_address_that_worked),
		cmocka_unit_test(N4_without_a_folder_nothing_is_kept),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
