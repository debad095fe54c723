#include "remember.h"

#include <winsock2.h>
#include <windows.h>
#include <knownfolders.h>
#include <shlobj.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "wide.h"
#include "words.h"

#define PATH_MAX_UNITS 1024
#define FOLDER         L"\\lanparty"
#define FILE_NAME      L"\\lanparty.ini"
#define NEW_NAME       L"\\lanparty.ini.new"

/* The folder, and below it. */
static bool path_of(wchar_t path[PATH_MAX_UNITS], const wchar_t *below)
{
	wchar_t *folder = NULL;
	bool good = SHGetKnownFolderPath(&FOLDERID_RoamingAppData, 0, NULL, &folder) == S_OK &&
		    wcslen(folder) + wcslen(FOLDER) + wcslen(below) < PATH_MAX_UNITS;
	if (good) {
		wcscpy(path, folder);
		wcscat(path, FOLDER);
		wcscat(path, below);
	}
	CoTaskMemFree(folder);
	return good;
}

bool remember_path(char *path, size_t cap)
{
	wchar_t wide[PATH_MAX_UNITS];
	if (!path_of(wide, FILE_NAME))
		return false;
	int len = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
	if (len <= 0 || (size_t)len > cap)
		return false;
	wide_to(path, cap, wide);
	return true;
}

struct text {
	char *at;
	size_t len;
};

__attribute__((format(gnu_printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(t->at + t->len, REMEMBER_TEXT - t->len, format, args);
	va_end(args);
	t->len += len > 0 ? (size_t)len : 0;
}

const char *remember_text(const struct lp_peer_options *options, char text[REMEMBER_TEXT])
{
	struct text t = {text, 0};
	char relay[WORDS_RELAY], pin[LP_PIN_TEXT];
	put(&t, "# Written by lanparty after each join.\n");
	put(&t, "relay = %s\n", words_relay(&options->relay, relay));
	if (strcmp(options->server_name, options->relay.name) != 0)
		put(&t, "server-name = %s\n", options->server_name);
	for (size_t i = 0; i < options->pin_count; i++)
		put(&t, "relay-pin = %s\n", lp_pin_format(options->pins[i], pin));
	if (options->name[strspn(options->name, " ")])
		put(&t, "name = %s\n", options->name);
	return text;
}

/* A new file beside the old one, which then takes its place. CREATE_NEW never writes into what
 * others have put there. */
static bool write_file(const wchar_t *name, const char *text)
{
	DWORD done = 0, len = (DWORD)strlen(text);
	DeleteFileW(name);
	HANDLE file =
		CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return false;
	bool good =
		WriteFile(file, text, len, &done, NULL) && done == len && FlushFileBuffers(file);
	DWORD error = GetLastError();
	CloseHandle(file);
	SetLastError(error);
	return good;
}

bool remember(const struct lp_peer_options *options)
{
	wchar_t folder[PATH_MAX_UNITS], file[PATH_MAX_UNITS], new[PATH_MAX_UNITS];
	char text[REMEMBER_TEXT];
	if (!path_of(folder, L"") || !path_of(file, FILE_NAME) || !path_of(new, NEW_NAME))
		return false;
	CreateDirectoryW(folder, NULL);
	if (write_file(new, remember_text(options, text)) &&
		MoveFileExW(new, file, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
		return true;
	lp_log(LP_LOG_WARNING, "not_remembered", "error=%lu", GetLastError());
	DeleteFileW(new);
	return false;
}
