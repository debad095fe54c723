#include "room_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/hex.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/log.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/room/room.h"

#define BLANKS          " \t\r\n"
#define KEY             "key:"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static bool parse_key(const char *text, uint8_t key[LP_ROOM_KEY_SIZE])
{
	return strlen(text) == 2 * (size_t)LP_ROOM_KEY_SIZE &&
	       lp_hex_read(text, LP_ROOM_KEY_SIZE, key);
}

static const char *parse_code(const char *text, struct lp_code *ret_code)
{
	enum lp_status status = lp_code_parse(text, ret_code);
	return status == LP_OK         ? NULL
	       : status == LP_MISTYPED ? "the code has a typing error"
				       : "a code has 8 to 64 letters and digits, and no spaces";
}

static const char *parse_room(const char *word, struct lp_room_terms *terms)
{
	struct lp_code code;
	if (strncmp(word, KEY, strlen(KEY)) == 0)
		return parse_key(word + strlen(KEY), terms->key)
			       ? NULL
			       : "a key is key: and 64 hex digits";
	const char *wrong = parse_code(word, &code);
	if (!wrong && !lp_room_key(&code, terms->key))
		wrong = "the TLS library has no SHA-256";
	lp_zero(&code, sizeof(code));
	return wrong;
}

/* A decimal number; with units, K, M or G can follow. */
static bool parse_number(const char *text, bool units, uint64_t max, uint64_t *ret_number)
{
	static const char letters[] = "KMG";
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	const char *unit = units && *end ? strchr(letters, *end) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - letters + 1) : 0;
	if (*text < '0' || *text > '9' || errno || end[unit ? 1 : 0] || number > max >> shift)
		return false;
	*ret_number = (uint64_t)number << shift;
	return true;
}

static const char *parse_limit(const char *word, struct lp_room_terms *terms)
{
	static const char members[] = "members=", rate[] = "rate=";
	uint64_t number;
	if (strncmp(word, members, sizeof(members) - 1) == 0) {
		if (!parse_number(word + sizeof(members) - 1, false, LP_MAX_CLIENTS, &number) ||
			number == 0)
			return "members= takes a number of clients from 1 on";
		terms->max_clients = (size_t)number;
		return NULL;
	}
	if (strncmp(word, rate, sizeof(rate) - 1) != 0)
		return "a room can be followed by members=N and rate=BYTES alone";
	if (!parse_number(word + sizeof(rate) - 1, true, LP_BUCKET_MAX, &terms->rate))
		return "rate= takes bytes per second, such as 2M; 0: no limit";
	terms->has_rate = true;
	return NULL;
}

const char *room_file_parse(char *line, struct lp_room_terms *ret_terms, bool *ret_room)
{
	struct lp_room_terms terms = {.max_clients = 0};
	char *rest = NULL, *word = strtok_r(line, BLANKS, &rest);
	*ret_room = word && *word != '#';
	if (!*ret_room)
		return NULL;
	const char *wrong = parse_room(word, &terms);
	while (!wrong && (word = strtok_r(NULL, BLANKS, &rest)))
		wrong = parse_limit(word, &terms);
	if (!wrong)
		*ret_terms = terms;
	lp_zero(&terms, sizeof(terms));
	return wrong;
}

static const char *add_line(void *context, char *line)
{
	struct lp_room_list *list = context;
	struct lp_room_terms terms;
	bool room;
	const char *wrong = room_file_parse(line, &terms, &room);
	if (wrong || !room)
		return wrong;
	if (lp_room_list_find(list, terms.key))
		wrong = "this room stands in the file twice";
	else if (list->count == LP_ROOM_LIST_MAX)
		wrong = "the file has too many rooms";
	else
		list->rooms[list->count++] = terms;
	lp_zero(&terms, sizeof(terms));
	return wrong;
}

/* The token: the first line that is no comment. */
static const char *take_token(void *context, char *line)
{
	struct lp_code *token = context;
	line += strspn(line, BLANKS);
	if (!*line || *line == '#' || token->text[0])
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	const char *wrong = parse_code(line, token);
	return !wrong && token->chosen ? "the token can be guessed: write one that "
					 "'lanparty-client new-room' prints"
				       : wrong;
}

typedef const char *take_line(void *context, char *line);

static bool read_lines(void *context, FILE *file, const char *name, take_line *take)
{
	char *line = NULL;
	size_t cap = 0, skip = strlen(BYTE_ORDER_MARK);
	const char *wrong = NULL;
	unsigned number = 0;
	errno = 0;
	while (!wrong && getline(&line, &cap, file) >= 0) {
		bool mark = number++ == 0 && strncmp(line, BYTE_ORDER_MARK, skip) == 0;
		wrong = take(context, line + (mark ? skip : 0));
	}
	if (!wrong && !feof(file)) /* also without memory */
		wrong = strerror(errno);
	if (line)
		lp_zero_free(line, cap);
	if (wrong)
		lp_log(LP_LOG_ERROR, "rooms_unusable", "file=%s line=%u reason=%s", name, number,
			wrong);
	return !wrong;
}

static bool read_one(void *context, struct keyholder *k, enum keyholder_file which, take_line *take)
{
	const char *name = k->files[which];
	if (!name)
		return true;
	int fd = keyholder_open(k, which);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!file) {
		lp_log(LP_LOG_ERROR, "rooms_unreadable", "file=%s reason=%s hint=%s", name,
			strerror(errno), "correct its name, or let the user of the relay read it");
		if (fd >= 0)
			close(fd);
		return false;
	}
	setvbuf(file, NULL, _IONBF, 0); /* no copy of the codes that nobody would wipe */
	bool good = read_lines(context, file, name, take);
	fclose(file);
	return good;
}

bool room_file_token(struct keyholder *files, struct lp_code *ret_token)
{
	struct lp_code token = {.text = ""};
	bool good = read_one(&token, files, KEYHOLDER_TOKEN, take_token);
	if (good && files->files[KEYHOLDER_TOKEN] && !token.text[0]) {
		lp_log(LP_LOG_ERROR, "rooms_unusable", "file=%s reason=%s",
			files->files[KEYHOLDER_TOKEN], "it holds no token");
		good = false;
	}
	if (good)
		*ret_token = token;
	lp_zero(&token, sizeof(token));
	return good;
}

static bool fill(struct lp_room_list *list, struct keyholder *files)
{
	struct lp_code token;
	if (!read_one(list, files, KEYHOLDER_ROOMS, add_line) || !room_file_token(files, &token))
		return false;
	list->has_token = token.text[0];
	bool good = !list->has_token || lp_opening_key(&token, list->token);
	lp_zero(&token, sizeof(token));
	if (!good)
		lp_log(LP_LOG_ERROR, "rooms_unusable", "file=%s reason=%s",
			files->files[KEYHOLDER_TOKEN], "the TLS library has no SHA-256");
	return good;
}

struct lp_room_list *room_file_load(struct keyholder *files, bool open, enum lp_exit *ret_exit)
{
	struct lp_room_list *list = lp_room_list_new(LP_ROOM_LIST_MAX);
	*ret_exit = LP_EXIT_INTERNAL;
	if (!list) {
		lp_log(LP_LOG_ERROR, "out_of_memory", "bytes=%zu",
			LP_ROOM_LIST_MAX * sizeof(struct lp_room_terms));
		return NULL;
	}
	list->count = 0;
	list->open = open;
	*ret_exit = LP_EXIT_CONFIG;
	if (fill(list, files)) {
		lp_log(LP_LOG_INFO, "rooms", "listed=%zu open=%s token=%s", list->count,
			open ? "yes" : "no", list->has_token ? "yes" : "no");
		return list;
	}
	lp_room_list_free(list);
	return NULL;
}

static void print_key(const uint8_t key[LP_ROOM_KEY_SIZE])
{
	char text[2 * LP_ROOM_KEY_SIZE + 1];
	printf(KEY "%s\n", lp_hex_write(key, LP_ROOM_KEY_SIZE, text));
	lp_zero(text, sizeof(text));
}

enum lp_exit room_file_new_room(void)
{
	uint8_t random[LP_CODE_RANDOM], key[LP_ROOM_KEY_SIZE];
	char text[LP_CODE_SHOWN] = "";
	struct lp_code code = {0};
	bool good = lp_random(random, sizeof(random));
	if (good) {
		lp_code_format(random, text);
		good = lp_code_parse(text, &code) == LP_OK && lp_room_key(&code, key);
	}
	if (good) {
		puts(text);
		print_key(key);
	} else {
		lp_log(LP_LOG_ERROR, "room_failed", "reason=%s",
			"the system has no random numbers");
	}
	lp_zero(random, sizeof(random));
	lp_zero(text, sizeof(text));
	lp_zero(&code, sizeof(code));
	lp_zero(key, sizeof(key));
	return good ? LP_EXIT_OK : LP_EXIT_OS;
}
