#include "lanparty/edge/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifndef _WIN32
#include <sys/stat.h>
#include <unistd.h>
#endif

#define LINE_MAX_BYTES 2048
#define VALUE_MAX      1024
#define END_ROOM       3 /* "}\n" and a NUL always fit */

static const struct {
	const char *name;
	char priority; /* syslog priority */
} levels[] = {
	[LP_LOG_ERROR] = {"error", '3'},
	[LP_LOG_WARNING] = {"warning", '4'},
	[LP_LOG_INFO] = {"info", '6'},
	[LP_LOG_DEBUG] = {"debug", '7'},
	[LP_LOG_FRAME] = {"frame", '7'},
};

static struct {
	_Atomic(enum lp_log_level) level;
	enum lp_log_format format;
	bool journal;
	bool people; /* stderr is a terminal */
	const char *program;
	void (*taker)(void *context, const char *line, size_t len);
	void *context;
} settings = {.level = LP_LOG_INFO, .program = "lanparty"};

struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
	bool full;
};

/* All child processes inherit $JOURNAL_STREAM, so it counts only while stderr is the file that it
 * names. */
static bool stderr_is_the_journal(void)
{
#ifdef _WIN32
	return false;
#else
	const char *named = getenv("JOURNAL_STREAM");
	struct stat st;
	if (!named || fstat(fileno(stderr), &st) != 0)
		return false;
	char here[64];
	snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(named, here) == 0;
#endif
}

static bool stderr_is_a_terminal(void)
{
#ifdef _WIN32
	return false; /* a console shows the log, and a window the sentences */
#else
	return isatty(fileno(stderr));
#endif
}

bool lp_log_level_parse(const char *text, enum lp_log_level *ret_level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(text, levels[i].name) == 0) {
			*ret_level = (enum lp_log_level)i;
			return true;
		}
	}
	return false;
}

void lp_log_set(enum lp_log_level level, enum lp_log_format format)
{
	settings.level = level;
	settings.format = format;
	settings.journal = stderr_is_the_journal();
	settings.people = format == LP_LOG_TEXT && stderr_is_a_terminal();
}

void lp_log_change(enum lp_log_level level)
{
	settings.level = level;
}

void lp_log_name(const char *program)
{
	settings.program = program;
}

bool lp_log_speaks(void)
{
	return settings.people;
}

void lp_log_to(void (*taker)(void *context, const char *line, size_t len), void *context)
{
	settings.taker = taker;
	settings.context = context;
}

enum lp_log_format lp_log_get_format(void)
{
	return settings.format;
}

bool lp_log_on(enum lp_log_level level)
{
	return level <= settings.level;
}

static void put(struct line *line, const char *bytes, size_t len)
{
	if (line->full || len > sizeof(line->text) - END_ROOM - line->len) {
		line->full = true;
		return;
	}
	memcpy(line->text + line->len, bytes, len);
	line->len += len;
}

static void put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

/* Length in bytes of the printable UTF-8 character at the start of text. 0: a control character or
 * invalid UTF-8. */
static size_t printable(const char *text)
{
	const unsigned char *b = (const unsigned char *)text;
	if (b[0] < 0x80)
		return b[0] >= 0x20 && b[0] != 0x7f;
	size_t len = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
	uint32_t c = b[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 0x3fu);
	}
	/* U+0080 to U+009F are control characters */
	static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000};
	bool good = b[0] >= 0xc2 && c >= least[len] && c <= 0x10ffff && (c & 0x1ff800) != 0xd800;
	return good ? len : 0;
}

static void put_quoted(struct line *line, const char *text, bool json)
{
	put(line, "\"", 1);
	while (*text) {
		size_t len = printable(text);
		char escaped[8];
		if (*text == '"' || *text == '\\') {
			snprintf(escaped, sizeof(escaped), "\\%c", *text);
			put_text(line, escaped);
			len = 1;
		} else if (len > 0) {
			put(line, text, len);
		} else {
			/* JSON cannot hold raw bytes, so each invalid byte becomes one escaped
			 * character. */
			unsigned byte = (unsigned char)*text;
			snprintf(escaped, sizeof(escaped), json ? "\\u%04x" : "\\x%02x", byte);
			put_text(line, escaped);
			len = 1;
		}
		text += len;
	}
	put(line, "\"", 1);
}

/* True if text can stand unquoted, for people and for awk. */
static bool is_plain(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++) {
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f ||
			strchr("\"\\=", *text))
			return false;
	}
	return true;
}

static void put_key(struct line *line, const char *key, size_t len, bool json)
{
	if (line->len > 0 && !strchr("{>", line->text[line->len - 1]))
		put(line, json ? "," : " ", 1);
	if (json)
		put(line, "\"", 1);
	put(line, key, len);
	put_text(line, json ? "\":" : "=");
}

static void put_string(struct line *line, const char *text, bool json)
{
	if (!json && is_plain(text))
		put_text(line, text);
	else
		put_quoted(line, text, json);
}

/* Formats the next argument with the conversion at format. Returns the conversion's letter. */
static char convert(const char *format, size_t len, va_list *args, char value[VALUE_MAX])
{
	char spec[16];
	assert(len >= 2 && len < sizeof(spec));
	memcpy(spec, format, len);
	spec[len] = 0;
	char letter = format[len - 1], size = format[len - 2];
	const char *text;
	assert(strchr("isfduxX", letter));
	switch (letter) {
	case 'i':
		snprintf(value, VALUE_MAX, "%d", va_arg(*args, int) != 0);
		break;
	case 's':
		text = va_arg(*args, const char *);
		snprintf(value, VALUE_MAX, spec, text ? text : "");
		break;
	case 'f':
		snprintf(value, VALUE_MAX, spec, va_arg(*args, double));
		break;
	default: /* d, u, x, X */
		if (size == 'l' && format[len - 3] == 'l')
			snprintf(value, VALUE_MAX, spec, va_arg(*args, unsigned long long));
		else if (size == 'l')
			snprintf(value, VALUE_MAX, spec, va_arg(*args, unsigned long));
		else if (size == 'z')
			snprintf(value, VALUE_MAX, spec, va_arg(*args, size_t));
		else if (size == 'j')
			snprintf(value, VALUE_MAX, spec, va_arg(*args, uintmax_t));
		else
			snprintf(value, VALUE_MAX, spec, va_arg(*args, unsigned));
		break;
	}
	return letter;
}

struct pair {
	const char *key;
	size_t key_len;
	char letter; /* of the conversion */
	char value[VALUE_MAX];
};

/* Takes the next pair of *format. False: there is none. */
static bool next_pair(const char **format, va_list *args, struct pair *ret_pair)
{
	const char *at = *format;
	if (!*at)
		return false;
	ret_pair->key = at;
	ret_pair->key_len = strcspn(at, "=");
	const char *spec = at + ret_pair->key_len + (at[ret_pair->key_len] == '=');
	size_t spec_len = strcspn(spec, " ");
	ret_pair->value[0] = 0;
	ret_pair->letter = convert(spec, spec_len, args, ret_pair->value);
	*format = spec + spec_len + (spec[spec_len] == ' ');
	return true;
}

static void put_pairs(struct line *line, const char *format, va_list *args, bool json)
{
	struct pair pair;
	while (next_pair(&format, args, &pair)) {
		size_t before = line->len;
		put_key(line, pair.key, pair.key_len, json);
		if (pair.letter == 'i')
			put_text(line, *pair.value == '1' ? (json ? "true" : "yes")
							  : (json ? "false" : "no"));
		else if (strchr("duf", pair.letter))
			put_text(line, pair.value);
		else
			put_string(line, pair.value, json);
		if (line->full) {
			line->len = before;
			line->full = false;
		}
	}
}

/* Values under these keys are sentences; the others are details. */
static bool is_sentence(const struct pair *pair)
{
	static const char *const keys[] = {"reason", "error", "text", "hint", "advice"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i]) == pair->key_len &&
			memcmp(keys[i], pair->key, pair->key_len) == 0)
			return true;
	return false;
}

/* Words of an event or a key: port_taken is "port taken". */
static void put_words(struct line *line, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(line, text[i] == '_' ? " " : text + i, 1);
}

static void put_spoken(struct line *line, const char *text)
{
	while (*text) {
		size_t len = printable(text);
		put(line, len > 0 ? text : "?", len > 0 ? len : 1);
		text += len > 0 ? len : 1;
	}
}

/* "program: event (key value, key value): reason: hint" */
static void put_sentence(struct line *line, const char *event, const char *format, va_list *args)
{
	struct pair pair;
	const char *details = format, *before = " (";
	va_list again;
	va_copy(again, *args);
	put_words(line, event, strlen(event));
	while (next_pair(&details, &again, &pair)) {
		if (is_sentence(&pair) || !pair.value[0])
			continue;
		put_text(line, before);
		put_words(line, pair.key, pair.key_len);
		put_text(line, " ");
		put_spoken(line, pair.value);
		before = ", ";
	}
	va_end(again);
	if (*before == ',')
		put_text(line, ")");
	while (next_pair(&format, args, &pair)) {
		if (!is_sentence(&pair) || !pair.value[0])
			continue;
		put_text(line, ": ");
		put_spoken(line, pair.value);
	}
}

/* A single write, so that lines of two threads do not mix. */
static bool finish(struct line *line, FILE *out, bool json)
{
	if (json)
		line->text[line->len++] = '}';
	line->text[line->len++] = '\n';
	fwrite(line->text, 1, line->len, out);
	return fflush(out) == 0 && !ferror(out);
}

static void put_time(struct line *line, bool json)
{
	struct timespec now = {0};
	struct tm tm = {0};
#ifdef _WIN32
	now.tv_sec = time(NULL); /* the C library has no finer clock */
	gmtime_s(&tm, &now.tv_sec);
#else
	timespec_get(&now, TIME_UTC);
	gmtime_r(&now.tv_sec, &tm);
#endif
	char text[40];
	size_t len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%03dZ", (int)(now.tv_nsec / 1000000));
	put_key(line, "ts", 2, json);
	put_string(line, text, json);
}

static void begin(struct line *line, enum lp_log_level level, const char *event)
{
	bool json = settings.format == LP_LOG_JSON;
	if (settings.journal) {
		const char priority[] = {'<', levels[level].priority, '>'};
		put(line, priority, sizeof(priority));
	}
	if (json)
		put(line, "{", 1);
	if (!settings.journal)
		put_time(line, json);
	put_key(line, "level", 5, json);
	put_string(line, levels[level].name, json);
	put_key(line, "event", 5, json);
	put_string(line, event, json);
}

void lp_log(enum lp_log_level level, const char *event, const char *format, ...)
{
	if (!lp_log_on(level))
		return;
	bool json = settings.format == LP_LOG_JSON;
	bool spoken = settings.people && level <= LP_LOG_WARNING;
	struct line line;
	line.len = 0;
	line.full = false;
	va_list args;
	va_start(args, format);
	if (spoken) {
		put_text(&line, settings.program);
		put_text(&line, level == LP_LOG_WARNING ? ": warning: " : ": ");
		put_sentence(&line, event, format, &args);
	} else {
		begin(&line, level, event);
		put_pairs(&line, format, &args, json);
	}
	va_end(args);
	finish(&line, stderr, json);
	if (settings.taker)
		settings.taker(settings.context, line.text, line.len - 1);
}

bool lp_event(FILE *out, const char *event, const char *format, ...)
{
	bool json = settings.format == LP_LOG_JSON;
	struct line line;
	line.len = 0;
	line.full = false;
	if (json) {
		put(&line, "{", 1);
		put_key(&line, "event", 5, json);
	}
	put_string(&line, event, json);
	va_list args;
	va_start(args, format);
	put_pairs(&line, format, &args, json);
	va_end(args);
	return finish(&line, out, json);
}
