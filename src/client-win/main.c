/* lanparty-client.exe - makes a player's computer part of a remote LAN. */
#include <winsock2.h>
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/log.h"
#include "netfix.h"
#include "lanparty/edge/options.h"
#include "lanparty/edge/output.h"
#include "lanparty/peer/peer_options.h"
#include "remember.h"
#include "session.h"
#include "lanparty/peer/tell.h"
#include "wide.h"
#include "window.h"

#define OWN_OPTIONS  4
#define ARGUMENTS    64
#define CLOSING_WAIT 4000 /* ms; Windows ends a program 5 s after its console was closed */

struct client {
	struct lp_peer_options peer;
	struct lp_options options;
	struct lp_option table[OWN_OPTIONS + LP_PEER_OPTIONS];
	char *argv[ARGUMENTS + 1];
	size_t argv_size[ARGUMENTS + 1];
	char config[3 * MAX_PATH]; /* UTF-8 */
	const char *tap;
	struct lp_mac mac; /* zero: the adapter's own address */
	bool console, restore;

	/* --console */
	SRWLOCK lock; /* guards session, which other threads leave */
	struct session *session;
	struct lp_teller teller;
	HANDLE over; /* an event: the session was left */
};

/* one per process, because Windows' handlers have no context argument */
static struct client client;

/* ---- options */

static bool parse_mac(const char *text, void *value)
{
	struct lp_mac mac;
	if (!lp_mac_parse(text, &mac) || !lp_mac_is_station(&mac))
		return false;
	*(struct lp_mac *)value = mac;
	return true;
}

static void say_in_a_box(const char *sentence)
{
	wchar_t text[2048];
	wide_from(text, sizeof(text) / sizeof(text[0]), sentence);
	MessageBoxW(NULL, text, L"lanparty", MB_OK | MB_ICONERROR | MB_SETFOREGROUND);
}

/* Other programs of this user, and crash reports, see the command line. Only the program's name
 * stays in it and in the C library's copies. */
static void hide_arguments(void)
{
	wchar_t *wide = GetCommandLineW();
	char *narrow = GetCommandLineA();
	wide += *wide == L'"' ? 1 + wcscspn(wide + 1, L"\"") : wcscspn(wide, L" ");
	narrow += *narrow == '"' ? 1 + strcspn(narrow + 1, "\"") : strcspn(narrow, " ");
	if (*wide)
		lp_zero(wide + 1, wcslen(wide + 1) * sizeof(*wide));
	if (*narrow)
		lp_zero(narrow + 1, strlen(narrow + 1));
	for (int i = 1; i < __argc && __argv; i++)
		lp_zero(__argv[i], strlen(__argv[i]));
}

/* UTF-8, whatever the system's code page is. */
static int take_arguments(struct client *c)
{
	int count = 0;
	wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
	int argc = 0;
	for (; wide && argc < count && argc < ARGUMENTS; argc++) {
		size_t cap = 3 * wcslen(wide[argc]) + 1;
		c->argv[argc] = malloc(cap);
		if (!c->argv[argc])
			break;
		c->argv_size[argc] = cap;
		wide_to(c->argv[argc], cap, wide[argc]);
		c->console = c->console || strcmp(c->argv[argc], "--console") == 0;
		c->restore = c->restore || strcmp(c->argv[argc], "--restore") == 0;
	}
	for (int i = 0; wide && i < count; i++)
		lp_zero(wide[i], wcslen(wide[i]) * sizeof(*wide[i]));
	LocalFree(wide);
	hide_arguments();
	return argc;
}

/* lanparty.ini beside the program: a configuration file that a host gives to players. */
static const char *beside(struct client *c)
{
	DWORD len = GetModuleFileNameA(NULL, c->config, sizeof(c->config));
	char *name = len > 0 && len < sizeof(c->config) ? strrchr(c->config, '\\') : NULL;
	static const char file[] = "lanparty.ini";
	if (!name || (size_t)(c->config + sizeof(c->config) - name - 1) < sizeof(file))
		return NULL;
	memcpy(name + 1, file, sizeof(file));
	return c->config;
}

static void add_options(struct client *c)
{
	/* The file comes from a host, and the program runs with an administrator's privileges: only
	 * options that concern the room are allowed in it. */
	static const char *const allowed[] = {"relay", "relay-pin", "server-name", "room", "name",
		"allow-ethertype", "allow-llc", "log-level", NULL};
	const struct lp_option own[OWN_OPTIONS] = {
		{.name = "console",
			.kind = LP_OPTION_FLAG,
			.help = "no window: events on standard output; Ctrl-C, or the end of\na "
				"pipe on standard input, leaves the room",
			.value = &c->console},
		{.name = "tap",
			.argument = "NAME",
			.kind = LP_OPTION_TEXT,
			.help = "the TAP adapter to use, by its name or GUID (default: one that is "
				"free);\nor a message-mode pipe that carries frames: "
				"\\\\.\\pipe\\NAME",
			.value = &c->tap},
		{.name = "mac",
			.argument = "MAC",
			.kind = LP_OPTION_PARSED,
			.help = "give the adapter this address permanently (default: its own); "
				"its\nsecond digit must be 2, 6, A or E",
			.value = &c->mac,
			.parse = parse_mac,
			.expects = "a station's MAC address such as 02:00:5e:10:20:30"},
		{.name = "restore",
			.kind = LP_OPTION_FLAG,
			.help = "restore what an earlier run left changed, and exit",
			.value = &c->restore},
	};
	static const struct lp_command commands[] = {
		{.name = "new-room", .help = "prints a code for a new room"},
	};
	memcpy(c->table, own, sizeof(own));
	c->options = (struct lp_options){
		.program = "lanparty-client",
		.purpose = "Joins a room of a LAN party: a network adapter of this computer "
			   "becomes part of it.\nWithout --console there is a window.",
		.positional = LP_PEER_POSITIONAL,
		.commands = commands,
		.command_count = sizeof(commands) / sizeof(commands[0]),
		.list = c->table,
		.count = lp_peer_options_add(&c->peer, c->table, OWN_OPTIONS),
		.default_config = c->restore ? NULL : beside(c),
		.default_allows = allowed,
		.no_environment = !c->console,
	};
}

/* ---- what the program speaks through */

/* A program with a window has no console. Uses the console of the shell that started it, unless the
 * output is redirected; opens a new one only if wanted. False: there is nowhere to print. */
static bool find_console(bool wanted)
{
	static const struct {
		DWORD which;
		const char *mode;
	} streams[] = {{STD_INPUT_HANDLE, "r"}, {STD_OUTPUT_HANDLE, "w"}, {STD_ERROR_HANDLE, "w"}};
	FILE *const files[] = {stdin, stdout, stderr};
	bool there[3];
	for (size_t i = 0; i < 3; i++) {
		HANDLE handle = GetStdHandle(streams[i].which);
		there[i] = handle && handle != INVALID_HANDLE_VALUE &&
			   GetFileType(handle) != FILE_TYPE_UNKNOWN;
	}
	bool attached =
		AttachConsole(ATTACH_PARENT_PROCESS) || (wanted && !there[1] && AllocConsole());
	for (size_t i = 0; i < 3; i++) {
		if (!there[i] && (!attached || !freopen(i ? "CONOUT$" : "CONIN$", streams[i].mode,
						       files[i])))
			continue;
		_setmode(_fileno(files[i]), _O_BINARY);
	}
	SetConsoleOutputCP(CP_UTF8);
	return attached || there[2];
}

/* ---- --console */

static void leave(void)
{
	AcquireSRWLockShared(&client.lock);
	client.teller.stopping = true;
	if (client.session)
		session_leave(client.session);
	ReleaseSRWLockShared(&client.lock);
}

static BOOL WINAPI on_console_event(DWORD event)
{
	leave();
	if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
		WaitForSingleObject(client.over, CLOSING_WAIT);
	return TRUE;
}

/* A parent that started the program with a pipe on stdin ends it by closing the pipe. */
static DWORD WINAPI wait_for_the_end_of_input(void *context)
{
	HANDLE input = context;
	char bytes[64];
	DWORD got;
	while (ReadFile(input, bytes, sizeof(bytes), &got, NULL) && got > 0)
		continue;
	leave();
	return 0;
}

static void on_event(void *context, const struct session_event *e)
{
	struct client *c = context;
	char ip[64];
	unsigned prefix = 0;
	switch (e->kind) {
	case SESSION_ACTION:
		c->teller.stream = e->stream;
		lp_tell(&c->teller, &e->action);
		break;
	case SESSION_NO_ADAPTER:
		lp_log(LP_LOG_ERROR, "tap_failed", "reason=%s", e->text);
		break;
	case SESSION_ADDRESS:
		if (sscanf(e->text, "%63[^/]/%u", ip, &prefix) == 2)
			lp_event(stdout, "address", "ip=%s prefix=%u", ip, prefix);
		break;
	case SESSION_WARNING:
		lp_log(LP_LOG_WARNING, "network", "hint=%s", e->text);
		break;
	case SESSION_OVER:
		if (e->text[0])
			lp_log(LP_LOG_ERROR, "over", "reason=%s", e->text);
		break;
	default:
		break;
	}
}

static int run_console(struct client *c)
{
	struct session_config config = {.options = &c->peer, .adapter = c->tap, .mac = c->mac};
	c->teller.role = LP_ROLE_CLIENT;
	c->over = CreateEventW(NULL, TRUE, FALSE, NULL);
	struct session *session = session_new(&config, on_event, c);
	if (!session || !c->over)
		return LP_EXIT_INTERNAL;
	c->session = session;
	SetConsoleCtrlHandler(on_console_event, TRUE);
	HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
	if (GetFileType(input) == FILE_TYPE_PIPE)
		CreateThread(NULL, 0, wait_for_the_end_of_input, input, 0, NULL);
	int code = session_run(session);
	SetEvent(c->over);
	SetConsoleCtrlHandler(on_console_event, FALSE);
	AcquireSRWLockExclusive(&c->lock);
	c->session = NULL;
	ReleaseSRWLockExclusive(&c->lock);
	session_free(session);
	return code;
}

/* ---- the window */

/* Takes the relay of the last run, unless an option names one. */
static void recall(struct client *c)
{
	struct lp_peer_options last = {0};
	if (!remember_load(&last))
		return;
	if (!c->peer.relay.name[0]) {
		c->peer.relay = last.relay;
		memcpy(c->peer.also, last.also, sizeof(c->peer.also));
		c->peer.also_count = last.also_count;
		memcpy(c->peer.pins, last.pins, sizeof(c->peer.pins));
		c->peer.pin_count = last.pin_count;
		memcpy(c->peer.server_name, last.server_name, sizeof(c->peer.server_name));
	}
	if (!c->peer.name_given && last.name[0])
		memcpy(c->peer.name, last.name, sizeof(c->peer.name));
}

static int run_window(struct client *c)
{
	int code = LP_EXIT_OK;
	const char *typed = c->options.argument ? c->options.argument : c->peer.room;
	if (window_hand_over(typed))
		return LP_EXIT_OK;
	if (!lp_peer_options_prepare(&c->peer, &c->options, &code))
		return code;
	recall(c);
	struct window_config config = {
		.instance = GetModuleHandleW(NULL),
		.known = &c->peer,
		.typed = typed,
		.adapter = c->tap,
		.mac = c->mac,
	};
	return window_run(&config);
}

static int run(struct client *c)
{
	int code = LP_EXIT_OK;
	int argc = take_arguments(c);
	add_options(c);
	bool printable = find_console(c->console);
	if (!c->console && (!printable || argc < 2))
		c->options.say = say_in_a_box;
	/* An error in the host's file was shown. The player continues with the values before the
	 * error. */
	if (!lp_options_read(&c->options, argc, c->argv, &code) &&
		(code != LP_EXIT_CONFIG || c->console))
		return code;
	if (lp_options_has_command(&c->options, "new-room"))
		return lp_tell_new_room();
	bool restored = netfix_recover();
	if (c->restore)
		return restored ? LP_EXIT_OK : LP_EXIT_OS;
	if (!c->console)
		return run_window(c);
	if (!lp_peer_options_finish(&c->peer, &c->options, &code))
		return code;
	return lp_output_end(run_console(c));
}

int main(void)
{
	WSADATA winsock;
	/* Never load a DLL from the program's folder, which can be the downloads folder. */
	SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
	SetDllDirectoryW(L"");
	if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0)
		return LP_EXIT_OS;
	int code = run(&client);
	lp_options_clear(&client.options);
	lp_zero(&client.peer, sizeof(client.peer));
	for (size_t i = 0; client.argv[i]; i++)
		lp_zero_free(client.argv[i], client.argv_size[i]);
	WSACleanup();
	return code;
}
