#include "lanparty/wire/code.h"

#include <string.h>

#include "lanparty/base/hex.h"
#include "lanparty/base/wipe.h"
#include "lanparty/base/bytes.h"

/* Crockford's base 32: without I, L and O, which look like 1 and 0, and without U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#define GROUP      4
#define SCHEME     "lanparty://"
#define PIN_PREFIX "sha256:"

/* A part of a text, without a NUL of its own. */
struct span {
	const char *at;
	size_t len;
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_letter(char c)
{
	return upper(c) >= 'A' && upper(c) <= 'Z';
}

static struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

/* Returns the part before the first c and leaves the part after it in s, which is empty without a
 * c. */
static struct span cut_at(struct span *s, char c)
{
	struct span before = *s;
	const char *found = s->len > 0 ? memchr(s->at, c, s->len) : NULL;
	before.len = found ? (size_t)(found - s->at) : s->len;
	size_t gone = before.len + (found ? 1 : 0);
	s->at += gone;
	s->len -= gone;
	return before;
}

/* Ignores case, because phones capitalise the first letter. */
static bool skip_prefix(struct span *s, const char *prefix)
{
	size_t len = strlen(prefix);
	if (s->len < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (upper(s->at[i]) != upper(prefix[i]))
			return false;
	s->at += len;
	s->len -= len;
	return true;
}

/* One character more of a polynomial over GF(32), from its value so far: the value at the primitive element
 * 2, modulo x^5 + x^2 + 1. In a whole code the weights of the characters are 16 different powers of 2, so the
 * value changes with any one of them, and when any two change places. */
static unsigned add_character(unsigned value, unsigned character)
{
	unsigned doubled = value << 1;
	return (doubled & 32 ? doubled ^ 0x25 : doubled) ^ character;
}

static void show(size_t at, unsigned character, char text[LP_CODE_SHOWN])
{
	char *to = text + at + at / GROUP;
	*to++ = alphabet[character];
	*to++ = '-';
}

void lp_code_format(const uint8_t random[LP_CODE_RANDOM], char text[LP_CODE_SHOWN])
{
	unsigned bits = 0, count = 0, value = 0;
	size_t at = 0;
	for (const uint8_t *byte = random; at < LP_CODE_CHARS - 1; byte++) {
		bits = bits << 8 | *byte;
		for (count += 8; count >= 5 && at < LP_CODE_CHARS - 1; count -= 5) {
			unsigned character = bits >> (count - 5) & 31;
			value = add_character(value, character);
			show(at++, character, text);
		}
	}
	show(at, add_character(value, 0), text); /* the value of the whole code is 0 */
	text[LP_CODE_SHOWN - 1] = '\0';
}

/* True if text is a generated code. */
static bool read_generated(const char *text, char canonical[LP_CODE_TEXT])
{
	unsigned value = 0;
	for (size_t i = 0; i < LP_CODE_CHARS; i++) {
		char c = text[i];
		c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
		const char *found = c ? strchr(alphabet, c) : NULL;
		if (!found)
			return false;
		value = add_character(value, (unsigned)(found - alphabet));
		canonical[i] = c;
	}
	return value == 0 && !text[LP_CODE_CHARS];
}

/* Whether s is written in four groups, as a generated code is: also when a character of a group was lost or
 * typed twice. */
static bool has_groups(struct span s)
{
	size_t groups = 0;
	while (s.len > 0) {
		struct span group = cut_at(&s, '-');
		size_t len = 0;
		for (size_t i = 0; i < group.len; i++)
			len += !is_space(group.at[i]);
		if (len + 1 < GROUP || len > GROUP + 1)
			return false;
		groups++;
	}
	return groups == LP_CODE_CHARS / GROUP;
}

/* Upper case, without hyphens and spaces: the length, 0 when it is no code. */
static size_t read_chosen(struct span s, char text[LP_CODE_TEXT])
{
	size_t len = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = upper(s.at[i]);
		if (c == '-' || is_space(c))
			continue;
		if ((!is_letter(c) && !is_digit(c)) || len == LP_CODE_MAX)
			return 0;
		text[len++] = c;
	}
	return len < LP_CODE_MIN ? 0 : len;
}

static enum lp_status parse_code(struct span s, struct lp_code *ret_code)
{
	struct lp_code code = {.chosen = true};
	char canonical[LP_CODE_TEXT] = "";
	size_t len = read_chosen(s, code.text);
	enum lp_status status = len > 0 ? LP_OK : LP_INVALID;
	if (len == LP_CODE_CHARS || (len > 0 && has_groups(s))) {
		status = read_generated(code.text, canonical) ? LP_OK : LP_MISTYPED;
		memcpy(code.text, canonical, sizeof(canonical));
		code.chosen = false;
	}
	if (status == LP_OK)
		*ret_code = code;
	lp_zero(&code, sizeof(code));
	lp_zero(canonical, sizeof(canonical));
	return status;
}

enum lp_status lp_code_parse(const char *text, struct lp_code *ret_code)
{
	return parse_code(span_of(text), ret_code);
}

/* A host name or an IPv4 address. The resolver decides whether it exists. */
static bool read_name(struct span s, char name[LP_HOST_MAX + 1])
{
	if (s.len == 0 || s.len > LP_HOST_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-' && c != '_')
			return false;
	}
	memcpy(name, s.at, s.len);
	name[s.len] = '\0';
	return true;
}

/* The text between the brackets. */
static bool read_ipv6(struct span s, char name[LP_HOST_MAX + 1])
{
	if (s.len == 0 || s.len > LP_HOST_MAX || !memchr(s.at, ':', s.len))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (lp_hex_digit(s.at[i]) < 0 && s.at[i] != ':' && s.at[i] != '.')
			return false;
	memcpy(name, s.at, s.len);
	name[s.len] = '\0';
	return true;
}

static bool read_port(struct span s, uint16_t *ret_port)
{
	uint32_t port = 0;
	if (s.len == 0 || s.len > 5)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.at[i]))
			return false;
		port = 10 * port + (uint32_t)(s.at[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static enum lp_status parse_host(struct span s, struct lp_host *ret_host)
{
	struct lp_host host = {.port = LP_RELAY_PORT};
	struct span rest = s;
	bool named;
	if (skip_prefix(&rest, "[")) {
		named = memchr(rest.at, ']', rest.len) && read_ipv6(cut_at(&rest, ']'), host.name);
	} else {
		size_t len = cut_at(&rest, ':').len;
		rest = (struct span){s.at + len, s.len - len};
		named = read_name((struct span){s.at, len}, host.name);
	}
	if (!named || (rest.len > 0 && !(skip_prefix(&rest, ":") && read_port(rest, &host.port))))
		return LP_INVALID;
	*ret_host = host;
	return LP_OK;
}

enum lp_status lp_host_parse(const char *text, struct lp_host *ret_host)
{
	return parse_host(span_of(text), ret_host);
}

/* Exactly size bytes, perhaps with colons between them. */
static bool read_hex(struct span s, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (i > 0)
			skip_prefix(&s, ":");
		if (s.len < 2 || !lp_hex_read(s.at, 1, &bytes[i]))
			return false;
		s = (struct span){s.at + 2, s.len - 2};
	}
	return s.len == 0;
}

static enum lp_status parse_pin(struct span s, uint8_t ret_pin[LP_PIN_SIZE])
{
	uint8_t pin[LP_PIN_SIZE];
	if (!skip_prefix(&s, PIN_PREFIX) || !read_hex(s, pin, sizeof(pin)))
		return LP_INVALID;
	memcpy(ret_pin, pin, LP_PIN_SIZE);
	return LP_OK;
}

enum lp_status lp_pin_parse(const char *text, uint8_t ret_pin[LP_PIN_SIZE])
{
	return parse_pin(span_of(text), ret_pin);
}

const char *lp_pin_format(const uint8_t pin[LP_PIN_SIZE], char text[LP_PIN_TEXT])
{
	memcpy(text, PIN_PREFIX, strlen(PIN_PREFIX));
	lp_hex_write(pin, LP_PIN_SIZE, text + strlen(PIN_PREFIX));
	return text;
}

static bool has_host(const struct lp_invite *invite)
{
	return !lp_is_zero(invite->host, sizeof(invite->host));
}

static bool read_parameter(struct span value, struct lp_invite *invite)
{
	if (skip_prefix(&value, "pin=")) {
		size_t i = invite->pin_count;
		if (i == LP_MAX_PINS || parse_pin(value, invite->pins[i]) != LP_OK)
			return false;
		invite->pin_count = i + 1;
		return true;
	}
	if (skip_prefix(&value, "at=")) {
		size_t i = invite->also_count;
		if (i == LP_MAX_ALSO || parse_host(value, &invite->also[i]) != LP_OK)
			return false;
		invite->also_count = i + 1;
		return true;
	}
	if (skip_prefix(&value, "host="))
		return !has_host(invite) && parse_pin(value, invite->host) == LP_OK;
	if (skip_prefix(&value, "token="))
		return invite->token.text[0] == '\0' && parse_code(value, &invite->token) == LP_OK;
	if (skip_prefix(&value, "guest="))
		return !lp_guest_is_known(invite->guest) &&
		       read_hex(value, invite->guest, sizeof(invite->guest)) &&
		       lp_guest_is_known(invite->guest);
	if (skip_prefix(&value, "name="))
		return invite->server_name[0] == '\0' && read_name(value, invite->server_name);
	return true;
}

static enum lp_status parse_invite(struct span s, struct lp_invite *invite)
{
	while (s.len > 0 && is_space(s.at[0]))
		s = (struct span){s.at + 1, s.len - 1};
	while (s.len > 0 && is_space(s.at[s.len - 1]))
		s.len--;
	if (!skip_prefix(&s, SCHEME))
		return LP_INVALID;
	struct span code = cut_at(&s, '?');
	bool has_code = code.len > 0 && memchr(code.at, '/', code.len);
	struct span host = cut_at(&code, '/');
	if (parse_host(host, &invite->relay) != LP_OK)
		return LP_INVALID;
	enum lp_status status = has_code ? parse_code(code, &invite->code) : LP_OK;
	if (status != LP_OK)
		return status;
	while (s.len > 0)
		if (!read_parameter(cut_at(&s, '&'), invite))
			return LP_INVALID;
	bool guest = lp_guest_is_known(invite->guest);
	return guest && (has_code || !has_host(invite)) ? LP_INVALID : LP_OK;
}

enum lp_status lp_invite_parse(const char *text, struct lp_invite *ret_invite)
{
	struct lp_invite invite = {0};
	enum lp_status status = parse_invite(span_of(text), &invite);
	if (status == LP_OK)
		*ret_invite = invite;
	lp_zero(&invite, sizeof(invite));
	return status;
}

static void put(struct lp_writer *w, const char *text)
{
	lp_write_bytes(w, text, strlen(text));
}

static void put_host(struct lp_writer *w, const struct lp_host *host)
{
	bool ipv6 = strchr(host->name, ':');
	put(w, ipv6 ? "[" : "");
	put(w, host->name);
	put(w, ipv6 ? "]" : "");
	if (host->port == LP_RELAY_PORT)
		return;
	put(w, ":");
	for (unsigned digit = 10000; digit > 0; digit /= 10)
		if (host->port >= digit)
			lp_write_u8(w, (uint8_t)('0' + host->port / digit % 10));
}

const char *lp_host_format(const struct lp_host *host, char text[LP_HOST_SHOWN])
{
	struct lp_writer w = lp_writer_of(text, LP_HOST_SHOWN);
	put_host(&w, host);
	lp_write_u8(&w, '\0');
	return text;
}

/* Generated codes are grouped for reading aloud; a code that a person chose stays as it is. */
static void put_code(struct lp_writer *w, const struct lp_code *code)
{
	for (size_t i = 0; code->text[i] != '\0'; i++) {
		if (!code->chosen && i > 0 && i % GROUP == 0)
			put(w, "-");
		lp_write_u8(w, (uint8_t)code->text[i]);
	}
}

static void put_parameter(
	struct lp_writer *w, const char **separator, const char *name, const char *value)
{
	put(w, *separator);
	put(w, name);
	put(w, value);
	*separator = "&";
}

static void put_also(struct lp_writer *w, const char **separator, const struct lp_host *host)
{
	put_parameter(w, separator, "at=", "");
	put_host(w, host);
}

bool lp_invite_format(const struct lp_invite *invite, char *text, size_t cap)
{
	struct lp_writer w = lp_writer_of(text, cap);
	const char *separator = "?";
	char pin[LP_PIN_TEXT], guest[2 * LP_GUEST_PASS + 1];
	put(&w, SCHEME);
	put_host(&w, &invite->relay);
	put(&w, invite->code.text[0] != '\0' ? "/" : "");
	put_code(&w, &invite->code);
	for (size_t i = 0; i < invite->pin_count; i++)
		put_parameter(&w, &separator, "pin=", lp_pin_format(invite->pins[i], pin));
	for (size_t i = 0; i < invite->also_count; i++)
		put_also(&w, &separator, &invite->also[i]);
	if (invite->server_name[0] != '\0')
		put_parameter(&w, &separator, "name=", invite->server_name);
	if (has_host(invite))
		put_parameter(&w, &separator, "host=", lp_pin_format(invite->host, pin));
	lp_hex_write(invite->guest, LP_GUEST_PASS, guest);
	if (lp_guest_is_known(invite->guest))
		put_parameter(&w, &separator, "guest=", guest);
	if (invite->token.text[0] != '\0')
		put_parameter(&w, &separator, "token=", "");
	put_code(&w, &invite->token);
	lp_write_u8(&w, '\0');
	return !w.failed;
}
