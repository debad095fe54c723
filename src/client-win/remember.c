#include "remember.h"

#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <string.h>

#include "lanparty/edge/log.h"
#include "wide.h"
#include "words.h"

#define KEY       L"Software\\lanparty"
#define TEXT_SIZE WORDS_RELAY /* of the longest value */

static const wchar_t *const pin_names[LP_MAX_PINS] = {L"relay-pin", L"relay-pin-2"};
static const wchar_t *const also_names[LP_MAX_ALSO] = {L"relay-2", L"relay-3", L"relay-4"};

static void put(LSTATUS *status, HKEY key, const wchar_t *name, const char *text)
{
	wchar_t wide[TEXT_SIZE];
	if (*status != ERROR_SUCCESS)
		return;
	wide_from(wide, TEXT_SIZE, text);
	if (wide[0])
		*status = RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)wide,
			(DWORD)((wcslen(wide) + 1) * sizeof(*wide)));
	else
		*status = RegDeleteValueW(key, name);
	if (*status == ERROR_FILE_NOT_FOUND)
		*status = ERROR_SUCCESS;
}

/* Deletes the relay first and writes it last, so that an interruption leaves nothing instead of a
 * part. */
static LSTATUS write_all(HKEY key, const struct lp_peer_options *options)
{
	LSTATUS status = ERROR_SUCCESS;
	struct lp_host server = {.port = LP_RELAY_PORT};
	char text[TEXT_SIZE];
	bool other =
		options->server_name[0] && strcmp(options->server_name, options->relay.name) != 0;
	put(&status, key, L"relay", "");
	memcpy(server.name, options->server_name, sizeof(server.name));
	put(&status, key, L"server-name", other ? words_relay(&server, text) : "");
	for (size_t i = 0; i < LP_MAX_PINS; i++)
		put(&status, key, pin_names[i],
			i < options->pin_count ? lp_pin_format(options->pins[i], text) : "");
	for (size_t i = 0; i < LP_MAX_ALSO; i++)
		put(&status, key, also_names[i],
			i < options->also_count ? words_relay(&options->also[i], text) : "");
	put(&status, key, L"name", options->name);
	put(&status, key, L"relay", words_relay(&options->relay, text));
	return status;
}

bool remember(const struct lp_peer_options *options)
{
	HKEY key;
	struct lp_peer_options before;
	bool known = remember_load(&before);
	LSTATUS status = RegCreateKeyExW(
		HKEY_CURRENT_USER, KEY, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
	if (status == ERROR_SUCCESS) {
		status = write_all(key, options);
		if (status != ERROR_SUCCESS && known)
			write_all(key, &before);
		RegCloseKey(key);
	}
	if (status != ERROR_SUCCESS)
		lp_log(LP_LOG_WARNING, "not_remembered", "error=%ld", (long)status);
	return status == ERROR_SUCCESS;
}

/* "" when there is no value. False: not a text, or longer than anything we write. */
static bool get(HKEY key, const wchar_t *name, char text[TEXT_SIZE])
{
	wchar_t wide[TEXT_SIZE] = L"";
	DWORD len = sizeof(wide);
	LSTATUS status =
		RegGetValueW(key, NULL, name, RRF_RT_REG_SZ | RRF_NOEXPAND, NULL, wide, &len);
	wide[TEXT_SIZE - 1] = 0;
	wide_to(text, TEXT_SIZE, status == ERROR_SUCCESS ? wide : L"");
	return status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND;
}

static bool read_relay(HKEY key, struct lp_peer_options *options)
{
	struct lp_host server;
	char text[TEXT_SIZE];
	if (!get(key, L"relay", text) || lp_host_parse(text, &options->relay) != LP_OK ||
		!get(key, L"server-name", text))
		return false;
	server = options->relay;
	if (text[0] && lp_host_parse(text, &server) != LP_OK)
		return false;
	memcpy(options->server_name, server.name, sizeof(options->server_name));
	return true;
}

/* Of the same relay, so what follows a gap is used, too. */
static bool read_also(HKEY key, struct lp_peer_options *options)
{
	char text[TEXT_SIZE];
	for (size_t i = 0; i < LP_MAX_ALSO; i++) {
		if (!get(key, also_names[i], text))
			return false;
		if (!text[0])
			continue;
		if (lp_host_parse(text, &options->also[options->also_count]) != LP_OK)
			return false;
		options->also_count++;
	}
	return true;
}

static bool read_pins(HKEY key, struct lp_peer_options *options)
{
	char text[TEXT_SIZE];
	for (size_t i = 0; i < LP_MAX_PINS; i++) {
		if (!get(key, pin_names[i], text))
			return false;
		if (!text[0])
			continue;
		if (lp_pin_parse(text, options->pins[options->pin_count]) != LP_OK)
			return false;
		options->pin_count++;
	}
	return true;
}

bool remember_load(struct lp_peer_options *ret_options)
{
	HKEY key;
	char name[TEXT_SIZE];
	memset(ret_options, 0, sizeof(*ret_options));
	if (RegOpenKeyExW(HKEY_CURRENT_USER, KEY, 0, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
		return false;
	bool good = read_relay(key, ret_options) && read_also(key, ret_options) &&
		    read_pins(key, ret_options) && get(key, L"name", name);
	RegCloseKey(key);
	if (good)
		lp_name_copy(ret_options->name, sizeof(ret_options->name), name, strlen(name));
	else
		memset(ret_options, 0, sizeof(*ret_options));
	return good;
}
