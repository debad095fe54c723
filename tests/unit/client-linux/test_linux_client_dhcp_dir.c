/* The private folders of runs with --dhcp: those that a run has left are removed, those in use stay. */
#include "dhcp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "temporary.h"

static char parent[TEMPORARY_PATH];

static bool is_there(const char *dir)
{
	return access(dir, F_OK) == 0;
}

static void a_run_removes_the_folders_that_are_left_alone(void **state)
{
	(void)state;
	char first[DHCP_DIR], second[DHCP_DIR], third[DHCP_DIR], other[TEMPORARY_PATH + 20];
	assert_true(temporary_folder(parent));
	assert_int_equal(setenv("RUNTIME_DIRECTORY", parent, 1), 0);
	int running = dhcp_dir_make(first), killed = dhcp_dir_make(second);
	assert_true(running >= 0 && killed >= 0);
	assert_true(is_there(first) && is_there(second));
	/* a folder without a socket: a run that has just begun */
	snprintf(other, sizeof(other), "%s/lanparty-abcdef", parent);
	assert_int_equal(mkdir(other, 0700), 0);
	close(killed);
	int next = dhcp_dir_make(third);
	assert_true(next >= 0);
	assert_true(is_there(first) && !is_there(second) && is_there(third) && is_there(other));
	close(running);
	close(next);
	dhcp_dir_remove(first);
	dhcp_dir_remove(third);
	dhcp_dir_remove(other);
	assert_int_equal(rmdir(parent), 0); /* they were all */
}

/* Somebody else could make such a link to a folder of ours. */
static void a_link_is_no_folder_that_was_left(void **state)
{
	(void)state;
	char left[DHCP_DIR], dir[DHCP_DIR], elsewhere[TEMPORARY_PATH], link[TEMPORARY_PATH + 20];
	char script[DHCP_DIR + 20];
	assert_true(temporary_folder(parent) && temporary_folder(elsewhere));
	setenv("RUNTIME_DIRECTORY", elsewhere, 1);
	close(dhcp_dir_make(left));
	setenv("RUNTIME_DIRECTORY", parent, 1);
	snprintf(link, sizeof(link), "%s/lanparty-abcdef", parent);
	assert_int_equal(symlink(left, link), 0);
	int news = dhcp_dir_make(dir);
	assert_true(news >= 0);
	snprintf(script, sizeof(script), "%s/" DHCP_SCRIPT, left);
	assert_true(is_there(link) && is_there(script));
	close(news);
	unlink(link);
	dhcp_dir_remove(dir);
	dhcp_dir_remove(left);
	assert_int_equal(rmdir(parent), 0);
	assert_int_equal(rmdir(elsewhere), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_removes_the_folders_that_are_left_alone),
		cmocka_unit_test(a_link_is_no_folder_that_was_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
