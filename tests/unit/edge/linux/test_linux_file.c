/* Files are written completely or not at all, and targets that are not regular files stay what they
 * are. */
#include "lanparty/edge/linux/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "temporary.h"

static char folder[TEMPORARY_PATH];
static char path[PATH_MAX], other[PATH_MAX];

static const char *in_folder(char text[PATH_MAX], const char *name)
{
	snprintf(text, PATH_MAX, "%s/%s", folder, name);
	return text;
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_text(const char *file, const char *text)
{
	char got[100] = "";
	FILE *f = fopen(file, "r");
	assert_non_null(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = 0;
	fclose(f);
	assert_string_equal(got, text);
}

static mode_t mode_of(const char *file)
{
	struct stat st;
	assert_int_equal(lstat(file, &st), 0);
	return st.st_mode;
}

static size_t names_in_folder(void)
{
	size_t count = 0;
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir));)
		count += e->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* Each test starts with an empty folder. */
static int empty(void **state)
{
	(void)state;
	char name[PATH_MAX];
	DIR *dir = opendir(folder);
	for (const struct dirent *e; dir && (e = readdir(dir));)
		if (e->d_name[0] != '.')
			unlink(in_folder(name, e->d_name));
	closedir(dir);
	in_folder(path, "target");
	in_folder(other, "other");
	return 0;
}

/* Simulates a disk that is full after this many bytes. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_file_is_created_or_replaced(void **state)
{
	(void)state;
	assert_true(lp_file_replace(path, 0640, "first", 5));
	assert_text(path, "first");
	assert_int_equal(mode_of(path), S_IFREG | 0640);
	chmod(path, 0604);
	assert_true(lp_file_replace(path, 0640, "2", 1));
	assert_text(path, "2");
	assert_int_equal(mode_of(path), S_IFREG | 0604);
	assert_int_equal(names_in_folder(), 1);
}

static void a_secret_is_its_owners_alone_whatever_it_replaces(void **state)
{
	(void)state;
	put(path, "open to all");
	chmod(path, 0644);
	assert_true(lp_file_replace(path, 0600, "secret", 6));
	assert_text(path, "secret");
	assert_int_equal(mode_of(path), S_IFREG | 0600);
	chmod(path, 0666);
	assert_true(lp_file_replace_here(path, 0600, "secret", 6));
	assert_int_equal(mode_of(path), S_IFREG | 0600);
}

static void a_failed_write_leaves_the_file_unchanged(void **state)
{
	(void)state;
	bool made = true;
	put(path, "before");
	limit_files(4);
	assert_false(lp_file_replace(path, 0644, "longer than that", 16));
	int error = errno;
	assert_false(lp_file_replace_here(path, 0644, "longer than that", 16));
	assert_false(lp_file_create(other, 0644, "longer than that", 16, &made));
	limit_files(RLIM_INFINITY);
	assert_int_equal(error, EFBIG);
	assert_false(made);
	assert_text(path, "before");
	assert_int_equal(names_in_folder(), 1);
}

static void a_new_file_replaces_nothing(void **state)
{
	(void)state;
	bool made;
	put(other, "before");
	assert_false(lp_file_create(other, 0600, "x", 1, &made));
	assert_int_equal(errno, EEXIST);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_false(lp_file_create(path, 0600, "x", 1, &made));
	assert_int_equal(errno, EEXIST);
	assert_false(lp_file_create(folder, 0600, "x", 1, &made));
	assert_int_equal(errno, EEXIST);
	unlink(path);
	assert_true(lp_file_create(path, 0600, "new", 3, &made));
	assert_true(made);
	assert_text(path, "new");
	assert_int_equal(mode_of(path), S_IFREG | 0600);
	assert_text(other, "before");
}

static void a_symbolic_link_stays_and_its_file_is_replaced(void **state)
{
	(void)state;
	put(other, "before");
	assert_int_equal(symlink("other", path), 0);
	assert_false(lp_file_replace_here(path, 0644, "x", 1));
	assert_int_equal(errno, ELOOP);
	assert_text(other, "before");
	assert_true(lp_file_replace(path, 0644, "after", 5));
	assert_int_equal(mode_of(path) & S_IFMT, S_IFLNK);
	assert_text(other, "after");
	assert_int_equal(names_in_folder(), 2);
}

static void a_fifo_is_written_to_and_stays(void **state)
{
	(void)state;
	bool made = true;
	char got[20] = "";
	assert_int_equal(mkfifo(path, 0600), 0);
	int reader = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(lp_file_replace(path, 0644, "one", 3));
	assert_true(lp_file_create(path, 0644, "two", 3, &made));
	assert_false(made);
	assert_int_equal(read(reader, got, sizeof(got) - 1), 6);
	assert_string_equal(got, "onetwo");
	assert_false(lp_file_replace_here(path, 0644, "x", 1));
	close(reader);
	assert_int_equal(mode_of(path), S_IFIFO | 0600);
	assert_int_equal(names_in_folder(), 1);
}

/* Another process reads one byte and ends. */
static void read_a_little(void)
{
	int pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return;
	char one;
	int reader = open(path, O_RDONLY);
	_exit(reader >= 0 && read(reader, &one, 1) == 1 ? 0 : 1);
}

static void a_fifo_stays_when_the_write_fails(void **state)
{
	(void)state;
	static char much[1 << 20];
	bool made = true;
	assert_int_equal(mkfifo(path, 0600), 0);
	read_a_little();
	assert_false(lp_file_replace(path, 0644, much, sizeof(much)));
	assert_int_equal(errno, EPIPE);
	read_a_little();
	assert_false(lp_file_create(path, 0644, much, sizeof(much), &made));
	assert_false(made);
	while (wait(NULL) > 0)
		;
	assert_int_equal(mode_of(path), S_IFIFO | 0600);
}

static void standard_output_continues_at_its_position(void **state)
{
	(void)state;
	fflush(stdout);
	int keep = dup(STDOUT_FILENO);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	bool good = write(STDOUT_FILENO, "before ", 7) == 7 &&
		    lp_file_replace("/dev/stdout", 0644, "it ", 3) &&
		    lp_file_replace(path, 0644, "too ", 4) && write(STDOUT_FILENO, "after", 5) == 5;
	dup2(keep, STDOUT_FILENO);
	close(keep);
	close(fd);
	assert_true(good);
	assert_text(path, "before it too after");
	assert_int_equal(names_in_folder(), 1);
}

static void a_missing_folder_is_an_error(void **state)
{
	(void)state;
	in_folder(path, "no/target");
	assert_false(lp_file_replace(path, 0644, "x", 1));
	assert_int_equal(errno, ENOENT);
	assert_false(lp_file_replace(folder, 0644, "x", 1));
	assert_int_equal(errno, EISDIR);
	assert_int_equal(names_in_folder(), 0);
}

static void a_file_is_read_up_to_its_limit(void **state)
{
	(void)state;
	char text[8] = "";
	size_t len = 0;
	put(path, "1234567");
	int fd = open(path, O_RDONLY);
	assert_true(lp_file_read(fd, text, 7, &len));
	assert_int_equal(len, 7);
	assert_string_equal(text, "1234567");
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_false(lp_file_read(fd, text, 6, &len));
	assert_int_equal(errno, EFBIG);
	close(fd);
	fd = open(folder, O_RDONLY);
	assert_false(lp_file_read(fd, text, 7, &len));
	assert_int_equal(errno, EISDIR);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_file_is_created_or_replaced, empty),
		cmocka_unit_test_setup(a_secret_is_its_owners_alone_whatever_it_replaces, empty),
		cmocka_unit_test_setup(a_failed_write_leaves_the_file_unchanged, empty),
		cmocka_unit_test_setup(a_new_file_replaces_nothing, empty),
		cmocka_unit_test_setup(a_symbolic_link_stays_and_its_file_is_replaced, empty),
		cmocka_unit_test_setup(a_fifo_is_written_to_and_stays, empty),
		cmocka_unit_test_setup(a_fifo_stays_when_the_write_fails, empty),
		cmocka_unit_test_setup(standard_output_continues_at_its_position, empty),
		cmocka_unit_test_setup(a_missing_folder_is_an_error, empty),
		cmocka_unit_test_setup(a_file_is_read_up_to_its_limit, empty),
	};
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	umask(022);
	if (!temporary_folder(folder))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	empty(NULL);
	rmdir(folder);
	return failed;
}
