#include "wide.h"

#include <winsock2.h>
#include <windows.h>

#include <limits.h>
#include <string.h>

#include "lanparty/base/wipe.h"

#define UNITS_MAX 4096 /* of text that is converted at once */

wchar_t *wide_from(wchar_t *wide, size_t cap, const char *text)
{
	wchar_t whole[UNITS_MAX];
	size_t bytes = strlen(text);
	int len = 0;
	if (bytes > UNITS_MAX)
		bytes = UNITS_MAX;
	if (bytes > 0)
		len = MultiByteToWideChar(CP_UTF8, 0, text, (int)bytes, whole, UNITS_MAX);
	size_t count = len > 0 ? (size_t)len : 0;
	if (count > cap - 1) {
		count = cap - 1;
		if (count > 0 && IS_HIGH_SURROGATE(whole[count - 1]))
			count--;
	}
	memcpy(wide, whole, count * sizeof(*wide));
	wide[count] = 0;
	lp_zero(whole, sizeof(whole)); /* it can be a room code */
	return wide;
}

char *wide_to(char *text, size_t cap, const wchar_t *wide)
{
	size_t count = wcslen(wide), used = 0;
	for (size_t i = 0; i < count;) {
		char one[4];
		int units = IS_HIGH_SURROGATE(wide[i]) && IS_LOW_SURROGATE(wide[i + 1]) ? 2 : 1;
		int len = WideCharToMultiByte(
			CP_UTF8, 0, wide + i, units, one, (int)sizeof(one), NULL, NULL);
		if (len <= 0 || used + (size_t)len >= cap)
			break;
		memcpy(text + used, one, (size_t)len);
		used += (size_t)len;
		i += (size_t)units;
	}
	text[used] = 0;
	return text;
}
