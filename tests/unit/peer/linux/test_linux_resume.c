/* Row K2: what is kept of a membership between two runs on Linux. */
#include "lanparty/peer/linux/resume_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "temporary.h"

static const uint8_t room[LP_ROOM_KEY_SIZE] = {1}, other_room[LP_ROOM_KEY_SIZE] = {2};
static const uint8_t token[LP_TOKEN_SIZE] = {0xaa, [15] = 0xbb}, none[LP_TOKEN_SIZE];
static char folder[TEMPORARY_PATH];
#define FILE_PATH (TEMPORARY_PATH + 20)

static int make_folder(void **state)
{
	(void)state;
	return !temporary_folder(folder) || setenv("STATE_DIRECTORY", folder, 1) != 0;
}

static void path_of(const char *name, char path[FILE_PATH])
{
	snprintf(path, FILE_PATH, "%s/%s", folder, name);
}

static int remove_folder(void **state)
{
	char path[FILE_PATH];
	(void)state;
	path_of("lp0.resume", path);
	remove(path);
	path_of("copy.resume", path);
	remove(path);
	return rmdir(folder);
}

/* Asserts what a program that starts now finds. */
static void assert_found(const char *name, const uint8_t *key, const uint8_t *expected)
{
	struct lp_resume_file r;
	uint8_t found[LP_TOKEN_SIZE];
	assert_true(lp_resume_file_open(&r, name, key, found));
	assert_memory_equal(found, expected, LP_TOKEN_SIZE);
	lp_resume_file_close(&r);
}

static void keep(const uint8_t *kept)
{
	struct lp_resume_file r;
	uint8_t found[LP_TOKEN_SIZE];
	assert_true(lp_resume_file_open(&r, "lp0", room, found));
	lp_resume_file_keep(&r, kept);
	lp_resume_file_close(&r);
}

static void K2_the_next_run_finds_the_latest_token_of_its_room(void **state)
{
	(void)state;
	struct stat st;
	char path[FILE_PATH];
	assert_found("lp0", room, none);
	keep((const uint8_t[LP_TOKEN_SIZE]){1});
	keep(token);
	assert_found("lp0", room, token);
	assert_found("lp0", other_room, none);
	assert_found("lp0", room, token); /* looking changes nothing */
	path_of("lp0.resume", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void K2_a_room_that_was_left_is_forgotten(void **state)
{
	(void)state;
	struct lp_resume_file r;
	uint8_t found[LP_TOKEN_SIZE];
	keep(token);
	assert_true(lp_resume_file_open(&r, "lp0", room, found));
	lp_resume_file_forget(&r);
	lp_resume_file_close(&r);
	assert_found("lp0", room, none);
}

static void K2_a_copy_of_the_file_is_worth_nothing(void **state)
{
	(void)state;
	char path[FILE_PATH], copy[FILE_PATH], bytes[128];
	keep(token);
	path_of("lp0.resume", path);
	path_of("copy.resume", copy);
	FILE *from = fopen(path, "re"), *to = fopen(copy, "we");
	assert_non_null(from);
	assert_non_null(to);
	size_t len = fread(bytes, 1, sizeof(bytes), from);
	assert_int_equal(fwrite(bytes, 1, len, to), len);
	fclose(from);
	fclose(to);
	assert_found("copy", room, none);
	assert_found("lp0", room, token);
}

static void K2_two_programs_do_not_share_a_membership(void **state)
{
	(void)state;
	struct lp_resume_file r;
	uint8_t found[LP_TOKEN_SIZE];
	keep(token);
	assert_true(lp_resume_file_open(&r, "lp0", room, found));
	assert_found("lp0", room, none);
	lp_resume_file_close(&r);
}

static void K2_damaged_files_and_folders_that_cannot_be_used_mean_no_token(void **state)
{
	(void)state;
	struct lp_resume_file r;
	uint8_t found[LP_TOKEN_SIZE];
	char path[FILE_PATH];
	keep(token);
	path_of("lp0.resume", path);
	assert_int_equal(truncate(path, 23), 0);
	assert_found("lp0", room, none);
	remove(path);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_true(lp_resume_file_open(&r, "lp0", room, found));
	assert_int_equal(r.fd, -1);
	lp_resume_file_keep(&r, token);
	lp_resume_file_forget(&r);
	lp_resume_file_close(&r);
	assert_true(lp_resume_file_open(&r, "no/such/folder", room, found));
	assert_int_equal(r.fd, -1);
	assert_memory_equal(found, none, LP_TOKEN_SIZE);
}

#define RESUME_TEST(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RESUME_TEST(K2_the_next_run_finds_the_latest_token_of_its_room),
		RESUME_TEST(K2_a_room_that_was_left_is_forgotten),
		RESUME_TEST(K2_a_copy_of_the_file_is_worth_nothing),
		RESUME_TEST(K2_two_programs_do_not_share_a_membership),
		RESUME_TEST(K2_damaged_files_and_folders_that_cannot_be_used_mean_no_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
