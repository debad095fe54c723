/* Text that people paste: room codes, relay addresses, pins and invites. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/wire/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(int holds)
{
	if (!holds)
		abort();
}

static void check_code(const char *text)
{
	struct lp_code code, again;
	if (lp_code_parse(text, &code) != LP_OK)
		return;
	size_t len = strlen(code.text);
	check(len >= LP_CODE_MIN && len <= LP_CODE_MAX);
	check(code.chosen || len == LP_CODE_CHARS);
	check(lp_code_parse(code.text, &again) == LP_OK);
	check(again.chosen == code.chosen && strcmp(again.text, code.text) == 0);
}

static void check_host(const char *text)
{
	struct lp_host host, again;
	char shown[LP_HOST_SHOWN];
	if (lp_host_parse(text, &host) != LP_OK)
		return;
	check(host.port != 0 && host.name[0] != '\0' && strlen(host.name) <= strlen(text));
	check(lp_host_parse(lp_host_format(&host, shown), &again) == LP_OK);
	check(host.port == again.port && strcmp(host.name, again.name) == 0);
}

static void check_pin(const char *text)
{
	uint8_t pin[LP_PIN_SIZE], again[LP_PIN_SIZE];
	char shown[LP_PIN_TEXT];
	if (lp_pin_parse(text, pin) != LP_OK)
		return;
	check(lp_pin_parse(lp_pin_format(pin, shown), again) == LP_OK);
	check(memcmp(pin, again, sizeof(pin)) == 0);
}

static void check_invite(const char *text)
{
	struct lp_invite invite, again;
	char shown[LP_INVITE_TEXT], shown_again[LP_INVITE_TEXT];
	if (lp_invite_parse(text, &invite) != LP_OK)
		return;
	check(lp_invite_format(&invite, shown, sizeof(shown)));
	check(lp_invite_parse(shown, &again) == LP_OK);
	check(lp_invite_format(&again, shown_again, sizeof(shown_again)));
	check(strcmp(shown, shown_again) == 0);
	check(strcmp(invite.relay.name, again.relay.name) == 0);
	check(strcmp(invite.code.text, again.code.text) == 0);
	check(memcmp(invite.guest, again.guest, sizeof(invite.guest)) == 0);
	check(invite.also_count <= LP_MAX_ALSO && invite.also_count == again.also_count);
	check(invite.code.chosen == again.code.chosen && invite.pin_count == again.pin_count);
}

static void check_generated(const uint8_t random[LP_CODE_RANDOM])
{
	char shown[LP_CODE_SHOWN];
	struct lp_code code;
	lp_code_format(random, shown);
	check(strlen(shown) == LP_CODE_SHOWN - 1);
	check(lp_code_parse(shown, &code) == LP_OK && !code.chosen);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1);
	if (!text)
		return 0;
	if (len > 0)
		memcpy(text, bytes, len);
	text[len] = '\0';
	check_code(text);
	check_host(text);
	check_pin(text);
	check_invite(text);
	if (len >= LP_CODE_RANDOM)
		check_generated(bytes);
	free(text);
	return 0;
}
