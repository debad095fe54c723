/* What root gives to the user that it becomes: folders and sockets that it has made itself (P1, H3, H4). */
#include "lanparty/edge/linux/rights.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "temporary.h"

static char base[TEMPORARY_PATH];

static const char *in_base(const char *name)
{
	static char path[TEMPORARY_PATH + 40];
	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static uid_t owner(const char *name)
{
	struct stat st;
	assert_int_equal(lstat(in_base(name), &st), 0);
	return st.st_uid;
}

static uid_t nobody(void)
{
	const struct passwd *entry = getpwnam("nobody");
	assert_non_null(entry);
	return entry->pw_uid;
}

static int make_base(void **state)
{
	(void)state;
	return !temporary_folder(base) || chmod(base, 0755) != 0 || lp_rights_choose(NULL) != NULL;
}

static int remove_base(void **state)
{
	(void)state;
	static const char *const names[] = {
		"outer/inner", "outer", "slash", "link", "there", "file", "socket"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(in_base(names[i]));
	return rmdir(base);
}

static void a_folder_that_is_made_belongs_to_the_user_that_root_becomes(void **state)
{
	(void)state;
	if (!lp_rights_is_root())
		skip();
	assert_null(lp_rights_choose("nobody"));
	assert_true(lp_rights_make_folder(in_base("outer/inner")));
	assert_int_equal(owner("outer/inner"), nobody());
	assert_int_equal(owner("outer"), 0);
	assert_true(lp_rights_make_folder(in_base("slash//")));
	assert_int_equal(owner("slash"), nobody());
	assert_true(lp_rights_make_folder(in_base("slash"))); /* once more */
	assert_int_equal(owner("slash"), nobody());
}

static void one_that_was_there_keeps_its_owner(void **state)
{
	(void)state;
	if (!lp_rights_is_root())
		skip();
	assert_null(lp_rights_choose("nobody"));
	assert_int_equal(mkdir(in_base("there"), 0755), 0);
	assert_true(lp_rights_make_folder(in_base("there")));
	assert_true(lp_rights_make_folder(in_base("there/")));
	assert_int_equal(owner("there"), 0);
	assert_int_equal(symlink("there", in_base("link")), 0);
	assert_true(lp_rights_make_folder(in_base("link")));
	assert_int_equal(owner("there"), 0);
	assert_int_equal(owner("link"), 0);
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
	(void)state;
	FILE *file = fopen(in_base("file"), "w");
	assert_non_null(file);
	fclose(file);
	assert_false(lp_rights_make_folder(in_base("file/inner")));
	assert_int_equal(errno, ENOTDIR);
	assert_false(lp_rights_make_folder(""));
	assert_int_equal(errno, ENOENT);
}

static void root_asks_whether_the_user_can_write(void **state)
{
	(void)state;
	if (!lp_rights_is_root())
		skip();
	assert_null(lp_rights_choose("nobody"));
	assert_true(lp_rights_make_folder(in_base("slash")));
	assert_int_equal(chmod(in_base("slash"), 0700), 0);
	assert_true(lp_rights_can_write(in_base("slash")));
	assert_false(lp_rights_can_write(base));
	assert_int_equal(errno, EACCES);
	assert_int_equal(mkdir(in_base("slash/of_root"), 0700), 0); /* it is root again */
	assert_int_equal(rmdir(in_base("slash/of_root")), 0);
}

static int listens_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Whoever can write in the folder above can put something else there in time. */
static void nothing_but_a_socket_is_given_away(void **state)
{
	(void)state;
	if (!lp_rights_is_root())
		skip();
	assert_null(lp_rights_choose("nobody"));
	int fd = listens_at(in_base("socket"));
	assert_int_equal(symlink("socket", in_base("link")), 0);
	assert_false(lp_rights_give_socket(in_base("link")));
	assert_int_equal(errno, ENOTSOCK);
	assert_int_equal(owner("socket"), 0);
	FILE *file = fopen(in_base("file"), "w");
	assert_non_null(file);
	fclose(file);
	assert_false(lp_rights_give_socket(in_base("file")));
	assert_int_equal(errno, ENOTSOCK);
	assert_int_equal(owner("file"), 0);
	assert_false(lp_rights_give_socket(in_base("missing")));
	assert_int_equal(errno, ENOENT);
	assert_true(lp_rights_give_socket(in_base("socket")));
	assert_int_equal(owner("socket"), nobody());
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_folder_that_is_made_belongs_to_the_user_that_root_becomes, make_base,
			remove_base),
		cmocka_unit_test_setup_teardown(
			one_that_was_there_keeps_its_owner, make_base, remove_base),
		cmocka_unit_test_setup_teardown(
			a_folder_that_cannot_be_made_is_an_error, make_base, remove_base),
		cmocka_unit_test_setup_teardown(
			root_asks_whether_the_user_can_write, make_base, remove_base),
		cmocka_unit_test_setup_teardown(
			nothing_but_a_socket_is_given_away, make_base, remove_base),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
