#include "lanparty/carrier/http.h"

#include <string.h>

#define VERSION       "HTTP/1."
#define STATUS_DIGITS 3

size_t lp_http_head_len(const uint8_t *bytes, size_t len, size_t seen)
{
	static const uint8_t end[4] = {'\r', '\n', '\r', '\n'};
	for (size_t at = seen > 3 ? seen - 3 : 0; at + sizeof end <= len; at++)
		if (memcmp(bytes + at, end, sizeof end) == 0)
			return at + sizeof end;
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Names of fields, and the words of the fields that are read here, are the same in upper and lower case. */
static bool same_word(const struct lp_http_text *text, const char *word)
{
	if (strlen(word) != text->len)
		return false;
	for (size_t i = 0; i < text->len; i++)
		if (lower(text->at[i]) != word[i])
			return false;
	return true;
}

bool lp_http_text_is(const struct lp_http_text *text, const char *other)
{
	return strlen(other) == text->len && memcmp(text->at, other, text->len) == 0;
}

/* Of a token (RFC 9110, section 5.6.2). */
static bool is_token_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

/* Of a value: no control character but tab. */
static bool is_value_char(char c)
{
	return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static bool all(const struct lp_http_text *text, bool (*is)(char c))
{
	for (size_t i = 0; i < text->len; i++)
		if (!is(text->at[i]))
			return false;
	return true;
}

/* Takes the text before the next stop off *rest, and the stop. False: there is no stop. */
static bool cut(struct lp_http_text *rest, const char *stop, struct lp_http_text *ret_text)
{
	size_t stop_len = strlen(stop);
	for (size_t i = 0; i + stop_len <= rest->len; i++) {
		if (memcmp(rest->at + i, stop, stop_len) != 0)
			continue;
		*ret_text = (struct lp_http_text){rest->at, i};
		rest->at += i + stop_len;
		rest->len -= i + stop_len;
		return true;
	}
	return false;
}

static void trim(struct lp_http_text *text)
{
	while (text->len > 0 && (text->at[0] == ' ' || text->at[0] == '\t')) {
		text->at++;
		text->len--;
	}
	while (text->len > 0 && (text->at[text->len - 1] == ' ' || text->at[text->len - 1] == '\t'))
		text->len--;
}

/* True when word is an element of a list with commas. */
static bool has_word(const struct lp_http_text *list, const char *word)
{
	struct lp_http_text rest = *list, element;
	while (cut(&rest, ",", &element)) {
		trim(&element);
		if (same_word(&element, word))
			return true;
	}
	trim(&rest);
	return same_word(&rest, word);
}

/* What one field adds to what is known. Two of Connection and Upgrade count as one list. */
struct seen {
	bool connection, protocol;
};

static void note_field(const struct lp_http_text *name, const struct lp_http_text *value,
	struct seen *seen, struct lp_http_fields *fields)
{
	if (same_word(name, "host"))
		fields->hosts++;
	else if (same_word(name, "connection"))
		seen->connection = seen->connection || has_word(value, "upgrade");
	else if (same_word(name, "upgrade"))
		seen->protocol = seen->protocol || has_word(value, "connect-udp");
	else if (same_word(name, "capsule-protocol"))
		fields->capsules = lp_http_text_is(value, "?1");
	else if (same_word(name, "transfer-encoding"))
		fields->body = true;
	else if (same_word(name, "content-length"))
		fields->body = fields->body || !lp_http_text_is(value, "0");
}

/* rest: all lines behind the first one. */
static bool read_fields(struct lp_http_text rest, struct lp_http_fields *ret_fields)
{
	struct lp_http_fields fields = {0};
	struct seen seen = {false, false};
	struct lp_http_text line, name;
	for (size_t count = 0; cut(&rest, "\r\n", &line); count++) {
		if (line.len == 0) {
			fields.upgrade = seen.connection && seen.protocol;
			*ret_fields = fields;
			return rest.len == 0;
		}
		if (count == LP_HTTP_FIELDS_MAX || !cut(&line, ":", &name) || name.len == 0 ||
			!all(&name, is_token_char) || !all(&line, is_value_char))
			return false;
		trim(&line);
		note_field(&name, &line, &seen, &fields);
	}
	return false;
}

static bool is_target_char(char c)
{
	return (unsigned char)c > 0x20 && (unsigned char)c < 0x7f;
}

bool lp_http_read_request(const uint8_t *head, size_t len, struct lp_http_request *ret_request)
{
	struct lp_http_text rest = {(const char *)head, len}, line, method;
	struct lp_http_request request;
	if (!cut(&rest, "\r\n", &line) || !cut(&line, " ", &method) ||
		!cut(&line, " ", &request.target) || !lp_http_text_is(&line, VERSION "1"))
		return false;
	if (method.len == 0 || !all(&method, is_token_char) || request.target.len == 0 ||
		!all(&request.target, is_target_char) || !read_fields(rest, &request.fields) ||
		request.fields.hosts != 1)
		return false;
	request.method = lp_http_text_is(&method, "GET")    ? LP_HTTP_GET
			 : lp_http_text_is(&method, "HEAD") ? LP_HTTP_HEAD
							    : LP_HTTP_OTHER;
	*ret_request = request;
	return true;
}

/* The text behind the status can be missing, with its space. */
static bool read_status(const struct lp_http_text *text, unsigned *ret_status)
{
	unsigned status = 0;
	if (text->len < STATUS_DIGITS || !all(text, is_value_char) ||
		(text->len > STATUS_DIGITS && text->at[STATUS_DIGITS] != ' '))
		return false;
	for (size_t i = 0; i < STATUS_DIGITS; i++) {
		if (text->at[i] < '0' || text->at[i] > '9')
			return false;
		status = 10 * status + (unsigned)(text->at[i] - '0');
	}
	*ret_status = status;
	return status >= 100 && status <= 599;
}

bool lp_http_read_response(const uint8_t *head, size_t len, struct lp_http_response *ret_response)
{
	struct lp_http_text rest = {(const char *)head, len}, line, version;
	struct lp_http_response response;
	if (!cut(&rest, "\r\n", &line) || !cut(&line, " ", &version) ||
		!(lp_http_text_is(&version, VERSION "0") || lp_http_text_is(&version, VERSION "1")))
		return false;
	if (!read_status(&line, &response.status) || !read_fields(rest, &response.fields))
		return false;
	*ret_response = response;
	return true;
}
