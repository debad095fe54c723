#include "lanparty/base/name.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Length of the UTF-8 character at the start of text, or 0 when it is invalid (RFC 3629, section 3:
 * no surrogates, no overlong forms, nothing above U+10FFFF). */
static size_t read_character(const uint8_t *text, size_t len, uint32_t *ret_character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t lead = text[0];
	size_t size = lead < 0x80   ? 1
		      : lead < 0xc0 ? 0
		      : lead < 0xe0 ? 2
		      : lead < 0xf0 ? 3
		      : lead < 0xf8 ? 4
				    : 0;
	if (size == 0 || size > len)
		return 0;
	uint32_t c = size == 1 ? lead : lead & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	if (c < least[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret_character = c;
	return size;
}

/* Rejects control characters, line and paragraph separators, and bidirectional controls: with these
 * a name could overwrite its surroundings in a list or a log. */
static bool is_printable(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c <= 0x9f) && c != 0x061c && c != 0x200e &&
	       c != 0x200f && !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069) &&
	       c != 0xfeff;
}

void lp_name_copy(char *name, size_t cap, const char *text, size_t len)
{
	assert(cap > 0);
	const uint8_t *from = (const uint8_t *)text;
	size_t used = 0;
	for (size_t at = 0, size; at < len; at += size > 0 ? size : 1) {
		uint32_t c = 0;
		size = read_character(from + at, len - at, &c);
		if (size == 0 || !is_printable(c))
			continue;
		if (size > cap - 1 - used)
			break;
		memcpy(name + used, from + at, size);
		used += size;
	}
	name[used] = '\0';
}
