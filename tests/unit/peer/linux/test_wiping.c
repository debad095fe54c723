/* Secrets leave no trace in freed memory. The program's own free() searches each block, also those
 * of the C library (a FILE's buffer, for example). */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/peer/link.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/quic/identity.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/wire/inbox.h"
#include "null_port.h"
#include "temporary.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_OWN_FREE 0 /* the sanitizer has its own allocator */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OWN_FREE 0
#endif
#endif
#ifndef HAS_OWN_FREE
#define HAS_OWN_FREE 1
#endif

#define CODE  "ZEBRAZEBRA77" /* in canonical form */
#define TRACE 8              /* bytes of a secret that count as a trace */

static struct {
	const uint8_t *bytes; /* TRACE of them; NULL: no search */
	unsigned traces, blocks;
} seek;

#if HAS_OWN_FREE
void __libc_free(void *block);
void *__libc_realloc(void *block, size_t size);

static bool has_trace(void *block)
{
	return block && seek.bytes &&
	       memmem(block, malloc_usable_size(block), seek.bytes, TRACE) != NULL;
}

/* Frees the old block when the new one is at another address. */
void *realloc(void *block, size_t size)
{
	uintptr_t old = (uintptr_t)block;
	bool trace = has_trace(block);
	void *grown = __libc_realloc(block, size);
	seek.traces += trace && grown && (uintptr_t)grown != old;
	return grown;
}

void free(void *block)
{
	seek.blocks += block && seek.bytes;
	seek.traces += has_trace(block);
	int error = errno;
	__libc_free(block);
	errno = error;
}
#endif

static void seek_for(const void *secret)
{
	seek.bytes = secret;
	seek.traces = seek.blocks = 0;
}

static void assert_no_trace(const char *where)
{
	seek.bytes = NULL;
	if (HAS_OWN_FREE && !seek.blocks)
		fail_msg("%s: nothing was freed", where);
	if (seek.traces)
		fail_msg("%s: %u freed blocks had the secret", where, seek.traces);
}

#if HAS_OWN_FREE
static void the_search_finds_secrets_that_are_not_wiped(void **state)
{
	(void)state;
	char *volatile block = malloc(100);
	memset(block, 0, 100);
	memcpy(block + 50, CODE, sizeof(CODE));
	seek_for(CODE);
	free(block);
	seek.bytes = NULL;
	assert_int_equal(seek.traces, 1);
}
#endif

static struct lp_peer_options values;
static struct lp_options options;
static struct lp_option table[LP_PEER_OPTIONS];
static const char *said;

static void say(const char *sentence)
{
	static char kept[300];
	snprintf(kept, sizeof(kept), "%s", sentence);
	said = kept;
}

/* Reads the options as a client does, to the end. True if they were valid. */
static bool run_with(char *words)
{
	char *argv[10] = {(char *)(uintptr_t)"client"};
	int argc = 1, code = 0;
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	values = (struct lp_peer_options){0};
	options = (struct lp_options){
		.program = "client", .positional = "INVITE", .list = table, .say = say};
	options.count = lp_peer_options_add(&values, table, 0);
	lp_log_set(LP_LOG_ERROR, LP_LOG_TEXT);
	values.log_level = LP_LOG_ERROR;
	bool good = lp_options_read(&options, argc, argv, &code) &&
		    lp_peer_options_finish(&values, &options, &code);
	for (int i = 1; i < argc; i++)
		if (strstr(argv[i], CODE))
			fail_msg("argv still shows the code");
	lp_options_clear(&options);
	return good;
}

static char *file_with(const char *text, size_t len)
{
	static char name[TEMPORARY_PATH];
	int fd = temporary_file(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	return name;
}

#define LITERAL(text) text, sizeof(text) - 1

static void a_code_leaves_no_trace_wherever_it_came_from(void **state)
{
	(void)state;
	static const struct {
		const char *why, *words; /* %s: the file */
		const char *text;
		size_t len;
		bool good;
	} rows[] = {
		{"a configuration file", "--relay r --config %s", LITERAL("room = " CODE "\n"),
			true},
		{"behind other lines", "--config %s",
			LITERAL("# ours\nrelay = r\nname = me\nroom = " CODE), true},
		{"behind a NUL", "--relay r --config %s", LITERAL("name = me\n\0\nroom = " CODE),
			false},
		{"behind a mistake", "--config %s", LITERAL("relay=r\nnothing = 1\nroom = " CODE),
			false},
		{"with another code beside it", "--room 12345678 --config %s",
			LITERAL("relay = r\nroom = " CODE), true},
		{"a room file", "--relay r --room-file %s", LITERAL(CODE "\n"), true},
		{"a room file with a second line", "--relay r --room-file %s",
			LITERAL("12345678\n" CODE), true},
		{"a room file with a wrong code", "--relay r --room-file %s", LITERAL(CODE "!!\n"),
			false},
		{"a room file without a relay", "--room-file %s", LITERAL(CODE "\n"), false},
		{"the command line", "--relay r --room " CODE, NULL, 0, true},
		{"a wrong code on the command line", "--relay r --room " CODE "!", NULL, 0, false},
		{"given too often",
			"--relay r --room=12345678 --room=12345678 --room=12345678 --room=12345678 "
			"--room=" CODE,
			NULL, 0, false},
		{"an invite", "lanparty://r/" CODE, NULL, 0, true},
		{"a wrong invite", "lanparty://r/" CODE "?pin=1", NULL, 0, false},
		{"an invite and a code", "--room 12345678 lanparty://r/" CODE, NULL, 0, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char words[TEMPORARY_PATH + 200];
		char *file = rows[i].text ? file_with(rows[i].text, rows[i].len) : NULL;
		snprintf(words, sizeof(words), rows[i].words, file ? file : "");
		seek_for(CODE);
		if (run_with(words) != rows[i].good) {
			seek.bytes = NULL;
			fail_msg("%s: %s", rows[i].why, said);
		}
		assert_no_trace(rows[i].why);
		if (file)
			unlink(file);
	}
}

static void the_environment_shows_no_code(void **state)
{
	(void)state;
	char words[] = "--relay r";
	setenv("LANPARTY_ROOM", CODE, 1);
	seek_for(CODE);
	assert_true(run_with(words));
	assert_no_trace("the environment");
	assert_null(strstr(getenv("LANPARTY_ROOM"), CODE));
	unsetenv("LANPARTY_ROOM");
}

/* The options live as long as the program, but the code does not. */
static void the_code_is_gone_once_the_key_is_derived(void **state)
{
	(void)state;
	char words[] = "--room " CODE, invite[] = "lanparty://r/" CODE;
	char *argv[] = {words, words, words + sizeof("--room"), NULL};
	char *other[] = {words, invite, NULL};
	int code = 0;
	words[sizeof("--room") - 1] = 0;
	setenv("LANPARTY_RELAY", "r", 1);
	for (int i = 0; i < 2; i++) {
		values = (struct lp_peer_options){0};
		options = (struct lp_options){
			.program = "client", .positional = "INVITE", .list = table, .say = say};
		options.count = lp_peer_options_add(&values, table, 0);
		assert_true(lp_options_read(&options, i ? 2 : 3, i ? other : argv, &code));
		const char *kept = i ? options.argument : values.room;
		assert_non_null(strstr(kept, CODE));
		assert_true(lp_peer_options_finish(&values, &options, &code));
		assert_string_equal(kept, "");
		lp_options_clear(&options);
	}
	unsetenv("LANPARTY_RELAY");
}

/* The gateway's keeper, and whatever else is started before it has the key. */
static void a_child_begins_without_the_room_key(void **state)
{
	(void)state;
	static const uint8_t none[sizeof(values)];
	int status;
	memset(values.room_key, 7, sizeof(values.room_key));
	assert_true(lp_peer_options_keep_from_children(&values));
	pid_t child = fork();
	if (child == 0)
		_exit(memcmp(&values, none, sizeof(values)) == 0 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(values.room_key[0], 7);
}

/* The hello waits among more and more actions, and is or is not taken out. */
static void the_tunnel_leaves_no_trace_of_the_room_key(void **state)
{
	(void)state;
	struct lp_code code;
	assert_int_equal(lp_code_parse(CODE, &code), LP_OK);
	uint8_t key[LP_ROOM_KEY_SIZE];
	assert_true(lp_room_key(&code, key));
	for (int taken = 0; taken < 2; taken++) {
		struct lp_port port = {.ops = &null_port_ops};
		struct lp_tunnel_config config = {.role = LP_ROLE_GATEWAY, .seed = 1};
		static struct lp_tunnel_action action;
		memcpy(config.room_key, key, sizeof(key));
		struct lp_tunnel *t = lp_tunnel_new(&config, &port);
		assert_non_null(t);
		seek_for(key);
		for (lp_time now = 1; now < 100; now++) { /* up to 300 waiting actions */
			lp_tunnel_start(t, now);
			lp_tunnel_on_connected(t, now);
			lp_tunnel_on_closed(t, false, "again", now);
			while (taken && now % 50 == 0 && lp_tunnel_next(t, &action))
				;
		}
		lp_tunnel_free(t);
		assert_no_trace(taken ? "actions taken" : "actions waiting");
	}
}

static void a_link_leaves_no_trace_of_the_resume_token(void **state)
{
	(void)state;
	static const struct lp_link_ops none;
	struct lp_port port = {.ops = &null_port_ops};
	struct lp_peer_options peer = {.name = "me"};
	struct lp_link_config config = {
		.options = &peer, .role = LP_ROLE_CLIENT, .port = &port, .ops = &none};
	for (size_t i = 0; i < LP_TOKEN_SIZE; i++)
		config.resume_token[i] = (uint8_t)(0xb0 + i);
	seek_for(config.resume_token);
	struct lp_link *link = lp_link_open(&config);
	assert_non_null(link);
	lp_link_close(link);
	assert_no_trace("the token");
}

static void a_hello_in_pieces_leaves_no_trace(void **state)
{
	(void)state;
	struct lp_control hello = {.type = LP_HELLO,
		.hello = {.version_min = 1,
			.version_max = 1,
			.role = LP_ROLE_GATEWAY,
			.datagram_budget = 1400,
			.mtu = 1500}};
	static struct lp_control message;
	uint8_t bytes[LP_CONTROL_HEAD + LP_CONTROL_MAX];
	for (size_t i = 0; i < LP_ROOM_KEY_SIZE; i++)
		hello.hello.room_key[i] = (uint8_t)(0xa0 + i);
	size_t len = lp_control_encode(&hello, bytes, sizeof(bytes));
	for (int whole = 0; whole < 2; whole++) {
		struct lp_inbox inbox = {.limit = 4};
		seek_for(hello.hello.room_key);
		assert_int_equal(lp_inbox_add(&inbox, &(struct lp_piece){0, bytes, len - 1, false},
					 false, &message),
			LP_MORE);
		if (whole)
			assert_int_equal(lp_inbox_add(&inbox,
						 &(struct lp_piece){0, bytes + len - 1, 1, true},
						 false, &message),
				LP_OK);
		lp_inbox_clear(&inbox);
		assert_no_trace(whole ? "a whole hello" : "half a hello");
	}
}

static void a_relays_key_is_wiped_past_a_nul(void **state)
{
	(void)state;
	static char cert[4096], key[4096], tail[100];
	const char *why;
	struct lp_identity *made = lp_identity_new("relay", 1790000000);
	assert_non_null(made);
	assert_true(lp_identity_pem(made, cert, sizeof(cert), key, sizeof(key)));
	lp_identity_free(made);
	size_t len = strlen(key);
	memcpy(tail, key + 60, 64); /* of the base 64 text of the key */
	memcpy(key + len + 1, tail, sizeof(tail));
	struct lp_identity *identity =
		lp_identity_load(cert, strlen(cert), key, len + 1 + sizeof(tail), &why);
	assert_non_null(identity);
	seek_for(tail);
	lp_identity_free(identity);
	assert_no_trace("the key's text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#if HAS_OWN_FREE
		cmocka_unit_test(the_search_finds_secrets_that_are_not_wiped),
#endif
		cmocka_unit_test(a_code_leaves_no_trace_wherever_it_came_from),
		cmocka_unit_test(the_environment_shows_no_code),
		cmocka_unit_test(the_code_is_gone_once_the_key_is_derived),
		cmocka_unit_test(a_child_begins_without_the_room_key),
		cmocka_unit_test(the_tunnel_leaves_no_trace_of_the_room_key),
		cmocka_unit_test(a_link_leaves_no_trace_of_the_resume_token),
		cmocka_unit_test(a_hello_in_pieces_leaves_no_trace),
		cmocka_unit_test(a_relays_key_is_wiped_past_a_nul),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
