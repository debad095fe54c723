#include "lanparty/base/hex.h"

int lp_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool lp_hex_read(const char *text, size_t len, uint8_t *ret_bytes)
{
	for (size_t i = 0; i < 2 * len; i++)
		if (lp_hex_digit(text[i]) < 0)
			return false;
	for (size_t i = 0; i < len; i++, text += 2)
		ret_bytes[i] = (uint8_t)(lp_hex_digit(text[0]) << 4 | lp_hex_digit(text[1]));
	return true;
}

const char *lp_hex_write(const uint8_t *bytes, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;
	for (size_t i = 0; i < len; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at = '\0';
	return text;
}
