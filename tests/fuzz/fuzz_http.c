/* Heads of HTTP messages, as strangers send them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/carrier/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(int holds)
{
	if (!holds)
		abort();
}

/* No way to put the bytes into pieces changes where the head ends. */
static size_t check_pieces(const uint8_t *bytes, size_t len)
{
	size_t whole = lp_http_head_len(bytes, len, 0);
	size_t seen = 0, found = 0;
	while (seen < len && !found) {
		size_t more = seen + 1 + bytes[seen] % 7;
		more = more < len ? more : len;
		found = lp_http_head_len(bytes, more, seen);
		seen = more;
	}
	check(found == whole);
	return whole;
}

static void check_text(const uint8_t *bytes, size_t len, const struct lp_http_text *text)
{
	const uint8_t *at = (const uint8_t *)text->at;
	check(at >= bytes && at + text->len <= bytes + len);
	for (size_t i = 0; i < text->len; i++)
		check(at[i] > ' ' && at[i] < 0x7f);
}

/* What a strict parser takes has none of the bytes that others could read in another way. */
static void check_clean(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		check(bytes[i] != '\0' && bytes[i] != 0x7f);
		check(bytes[i] != '\n' || (i > 0 && bytes[i - 1] == '\r'));
		check(bytes[i] != '\r' || (i + 1 < len && bytes[i + 1] == '\n'));
		check(i == 0 || bytes[i - 1] != '\n' || (bytes[i] != ' ' && bytes[i] != '\t'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct lp_http_request request;
	struct lp_http_response response;
	size_t head = check_pieces(bytes, len);
	bool asks = lp_http_read_request(bytes, len, &request);
	bool answers = lp_http_read_response(bytes, len, &response);
	check(!(asks && answers));
	check(!(asks || answers) || head == len); /* nothing behind the empty line */
	if (asks || answers)
		check_clean(bytes, len);
	if (asks) {
		check(request.target.len > 0 && request.fields.hosts == 1);
		check_text(bytes, len, &request.target);
	}
	if (answers)
		check(response.status >= 100 && response.status <= 599);
	return 0;
}
