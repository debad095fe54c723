/* Row H1: an invite as a QR code. tests/integration/setup.sh reads it back with a real reader. */
#include "lanparty/host/qr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "temporary.h"

#define LINE "\033[30;107m"

static char path[TEMPORARY_PATH];

static void the_terminal_gets_black_on_white_with_a_quiet_zone(void **state)
{
	(void)state;
	static char text[20000];
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_true(lp_qr_print(file, "lanparty"));
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	/* version 1: 21 modules and twice 4; a finder's upper edge after two blank lines */
	static const char blank[] = LINE "                             \033[0m\n";
	assert_memory_equal(text, blank, sizeof(blank) - 1);
	assert_memory_equal(text + sizeof(blank) - 1, blank, sizeof(blank) - 1);
	assert_memory_equal(text + 2 * (sizeof(blank) - 1),
		LINE "    \u2588\u2580\u2580\u2580\u2580\u2580\u2588 ",
		strlen(LINE "    \u2588\u2580\u2580\u2580\u2580\u2580\u2588 "));
	size_t lines = 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 15);
}

static void the_file_is_a_png_for_its_owner(void **state)
{
	(void)state;
	uint8_t bytes[24];
	struct stat st;
	unlink(path);
	assert_true(lp_qr_png(path, "lanparty"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	fclose(file);
	assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
	assert_int_equal(bytes[19], 8 * 29); /* pixels of a side */
	assert_int_equal(bytes[23], 8 * 29);
}

static void what_fits_no_code_or_no_file_is_refused(void **state)
{
	(void)state;
	static char large[4000];
	memset(large, 'x', sizeof(large) - 1);
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_false(lp_qr_print(file, large));
	assert_int_equal(ftell(file), 0);
	fclose(file);
	assert_false(lp_qr_png(path, large));
	assert_int_equal(errno, ERANGE);
	assert_false(lp_qr_png("/proc/no/such", "lanparty"));
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_terminal_gets_black_on_white_with_a_quiet_zone),
		cmocka_unit_test(the_file_is_a_png_for_its_owner),
		cmocka_unit_test(what_fits_no_code_or_no_file_is_refused),
	};
	if (close(temporary_file(path)) != 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
