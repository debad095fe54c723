/* Row H1: setup adds to a configuration file, and never changes what a person wrote. */
#include "lanparty/host/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
#include "temporary.h"

static char folder[TEMPORARY_PATH], path[TEMPORARY_PATH + 20], said[1000];
static struct lp_config config;

static void take(void *context, const char *line, size_t len)
{
	(void)context;
	snprintf(said, sizeof(said), "%.*s", (int)len, line);
}

static void write_text(const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
}

static void assert_file(const char *expected)
{
	char text[500];
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	assert_string_equal(text, expected);
}

static void a_missing_file_is_made_with_its_folder(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/new/x.conf", folder);
	assert_true(lp_config_read(&config, path));
	assert_true(lp_config_write(&config));
	assert_int_not_equal(access(path, F_OK), 0); /* nothing was added */
	assert_true(lp_config_add(&config, "listen", "8443"));
	assert_true(lp_config_write(&config));
	assert_file("listen = 8443\n");
	unlink(path);
	snprintf(path, sizeof(path), "%s/new", folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/x.conf", folder);
}

static void a_line_of_a_person_stays(void **state)
{
	(void)state;
	said[0] = 0;
	write_text("# mine\n#lan = eth9\n  lan=eth1  \r\nlanguage = x\nqr\nlast = 1");
	assert_int_equal(chmod(path, 0640), 0);
	assert_true(lp_config_read(&config, path));
	assert_true(lp_config_add(&config, "lan", "eth1"));
	assert_true(lp_config_add(&config, "qr", ""));
	assert_false(config.changed);
	assert_string_equal(said, "");
	assert_true(lp_config_add(&config, "lan", "eth0"));
	assert_false(config.changed);
	assert_non_null(strstr(said, "event=option_kept"));
	assert_non_null(strstr(said, "value=eth1"));
	assert_true(lp_config_add(&config, "la", "x"));
	assert_true(config.changed);
	assert_true(lp_config_write(&config));
	assert_file("# mine\n#lan = eth9\n  lan=eth1  \r\nlanguage = x\nqr\nlast = 1\nla = x\n");
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void values_are_found_without_their_blanks(void **state)
{
	(void)state;
	char value[8] = "none";
	write_text("\n lan =  eth1 \t\r\nENABLED=yes\r\n");
	assert_true(lp_config_read(&config, path));
	assert_true(lp_config_find(&config, "lan", value, sizeof(value)));
	assert_string_equal(value, "eth1");
	assert_true(lp_config_find(&config, "ENABLED", value, sizeof(value)));
	assert_string_equal(value, "yes");
	assert_false(lp_config_find(&config, "ENABLE", value, sizeof(value)));
	assert_string_equal(value, "yes");
	assert_true(lp_config_find(&config, "lan", value, 3));
	assert_string_equal(value, "et");
}

/* As the programs read it: options.h. */
static void the_last_of_two_lines_counts(void **state)
{
	(void)state;
	char value[8];
	write_text("lan = eth1\nlan = eth2\nlanguage = x\n");
	assert_true(lp_config_read(&config, path));
	assert_true(lp_config_find(&config, "lan", value, sizeof(value)));
	assert_string_equal(value, "eth2");
	assert_true(lp_config_has(&config, "lan", "eth1"));
	assert_true(lp_config_has(&config, "lan", "eth2"));
	assert_false(lp_config_has(&config, "lan", "eth"));
	assert_false(lp_config_has(&config, "lan", "eth22"));
	assert_true(lp_config_at(&config, "lan", 0, value, sizeof(value)));
	assert_string_equal(value, "eth1");
	assert_true(lp_config_at(&config, "lan", 1, value, sizeof(value)));
	assert_string_equal(value, "eth2");
	assert_false(lp_config_at(&config, "lan", 2, value, sizeof(value)));
	said[0] = 0;
	assert_true(lp_config_add(&config, "lan", "eth2"));
	assert_string_equal(said, "");
	assert_true(lp_config_add(&config, "lan", "eth1"));
	assert_non_null(strstr(said, "event=option_kept"));
	assert_non_null(strstr(said, "value=eth2"));
	assert_false(config.changed);
}

/* W1: the endpoints of a relay. */
static void each_value_of_an_option_is_added_unless_some_are_there(void **state)
{
	const char *const values[] = {"a:1", "b"}, *const others[] = {"b", "c", "d"};
	(void)state;
	write_text("");
	assert_true(lp_config_read(&config, path));
	assert_true(lp_config_add_all(&config, "also", values, 2));
	assert_true(config.changed);
	assert_string_equal(config.text, "also = a:1\nalso = b\n");
	config.changed = false;
	said[0] = 0;
	assert_true(lp_config_add_all(&config, "also", values, 2));
	assert_string_equal(said, "");
	assert_true(lp_config_add_all(&config, "also", others, 3));
	assert_non_null(strstr(said, "event=option_kept"));
	assert_false(config.changed);
	assert_true(lp_config_add_line(&config, "also", "b"));
	assert_false(config.changed);
	assert_true(lp_config_add_line(&config, "also", "e"));
	assert_string_equal(config.text, "also = a:1\nalso = b\nalso = e\n");
}

static void another_value_is_an_error_where_the_caller_says_so(void **state)
{
	(void)state;
	write_text("cert = a\ncert = b\n");
	assert_true(lp_config_read(&config, path));
	said[0] = 0;
	assert_true(lp_config_agrees(&config, "cert", "b"));
	assert_true(lp_config_agrees(&config, "key", "x"));
	assert_string_equal(said, "");
	assert_false(lp_config_agrees(&config, "cert", "a"));
	assert_non_null(strstr(said, "level=error event=option_kept"));
	assert_non_null(strstr(said, "option=cert value=b"));
}

static void a_byte_order_mark_hides_no_line(void **state)
{
	(void)state;
	char value[8];
	write_text("\xef\xbb\xbflan = eth1\r\n");
	assert_true(lp_config_read(&config, path));
	assert_true(lp_config_find(&config, "lan", value, sizeof(value)));
	assert_string_equal(value, "eth1");
	assert_true(lp_config_has(&config, "lan", "eth1"));
	assert_true(lp_config_add(&config, "lan", "eth1"));
	assert_false(config.changed);
}

static void a_file_that_is_full_or_no_file_is_refused(void **state)
{
	(void)state;
	said[0] = 0;
	assert_false(lp_config_read(&config, folder));
	assert_non_null(strstr(said, "event=config_unreadable"));
	static char large[LP_CONFIG_MAX + 1];
	memset(large, '#', LP_CONFIG_MAX - 8);
	write_text(large);
	assert_true(lp_config_read(&config, path));
	assert_false(lp_config_add(&config, "lan", "eth1"));
	assert_true(lp_config_add(&config, "a", "b")); /* with the missing end of line: 7 bytes */
	memset(large, '#', LP_CONFIG_MAX);
	write_text(large);
	said[0] = 0;
	assert_false(lp_config_read(&config, path));
	assert_non_null(strstr(said, "File too large"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_file_is_made_with_its_folder),
		cmocka_unit_test(a_line_of_a_person_stays),
		cmocka_unit_test(values_are_found_without_their_blanks),
		cmocka_unit_test(the_last_of_two_lines_counts),
		cmocka_unit_test(each_value_of_an_option_is_added_unless_some_are_there),
		cmocka_unit_test(another_value_is_an_error_where_the_caller_says_so),
		cmocka_unit_test(a_byte_order_mark_hides_no_line),
		cmocka_unit_test(a_file_that_is_full_or_no_file_is_refused),
	};
	if (!temporary_folder(folder))
		return 1;
	lp_log_to(take, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(path, sizeof(path), "%s/x.conf", folder);
	unlink(path);
	rmdir(folder);
	return failed;
}
