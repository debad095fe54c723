#include "lanparty/peer/peer_options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <winsock2.h>
#else
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lanparty/edge/linux/rights.h"
#endif

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/edge/parse.h"
#include "lanparty/peer/proxy.h"

#define CERT_MAX      65536 /* bytes of a certificate in DER */
#define ROOM_FILE_MAX 4095  /* bytes of a room file, with its comments */
#define HOST_KEY_MAX  4095
#define DER_SEQUENCE  0x30

__attribute__((format(printf, 3, 4))) static bool wrong(
	const struct lp_options *options, int *ret_exit, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	int usage = lp_options_wrong(options, text);
	if (*ret_exit == LP_EXIT_OK)
		*ret_exit = usage;
	return false;
}

/* About a file that cannot be read. */
static const char *what_to_do(int error)
{
	switch (error) {
	case ENOENT:
		return "copy it to this computer, or correct its name";
	case EACCES:
	case EPERM:
		return "let the user of this program read it (chmod, chown), or start the program "
		       "as "
		       "root";
	case EISDIR:
		return "name a file in it";
	default:
		return "give another file";
	}
}

/* Returns the number of bytes read, or -1 with errno. */
static long read_file(const char *path, void *bytes, size_t cap)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "rb");
	if (!file)
		return -1;
	setvbuf(file, NULL, _IONBF, 0); /* no second copy of a room code, which nobody would wipe */
	size_t len = fread(bytes, 1, cap, file);
	int error = ferror(file) ? errno : 0;
	if (!standard)
		fclose(file);
	errno = error;
	return error ? -1 : (long)len;
}

#ifndef _WIN32
static void warn_if_open(const char *path)
{
	struct stat st;
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && (st.st_mode & S_IROTH))
		lp_log(LP_LOG_WARNING, "room_file_open", "file=%s hint=%s", path,
			"everybody on this computer can read the room's code: chmod 600");
}
#endif

static bool read_certificates(
	struct lp_peer_options *values, const struct lp_options *options, int *ret_exit)
{
	static uint8_t der[CERT_MAX];
	for (size_t i = 0; i < values->cert_files.count; i++) {
		const char *path = values->cert_files.items[i];
		long len = read_file(path, der, sizeof(der));
		*ret_exit = LP_EXIT_NO_INPUT;
		if (len < 0)
			return wrong(options, ret_exit,
				"cannot read the relay's certificate %s: %s; %s", path,
				strerror(errno), what_to_do(errno));
		if (len == 0 || len == CERT_MAX || der[0] != DER_SEQUENCE)
			return wrong(options, ret_exit,
				"%s is not a certificate in DER: convert it with 'openssl x509 "
				"-outform der'",
				path);
		*ret_exit = LP_EXIT_OK;
		if (values->pin_count == LP_MAX_PINS)
			return wrong(options, ret_exit,
				"more than %d certificates and pins: the present and the next are "
				"enough",
				LP_MAX_PINS);
		lp_sha256(der, (size_t)len, values->pins[values->pin_count++]);
	}
	return true;
}

static void take_token(struct lp_peer_options *values, const struct lp_code *token)
{
	values->token = *token;
	memset(values->opening, 0, sizeof(values->opening));
	if (token->text[0])
		lp_opening_key(token, values->opening);
}

static void take_endpoints(struct lp_peer_options *values, const struct lp_invite *invite)
{
	values->relay = invite->relay;
	memcpy(values->also, invite->also, sizeof(values->also));
	values->also_count = invite->also_count;
}

void lp_peer_options_use_invite(struct lp_peer_options *values, const struct lp_invite *invite)
{
	take_endpoints(values, invite);
	memcpy(values->pins, invite->pins, sizeof(values->pins));
	values->pin_count = invite->pin_count;
	memcpy(values->host, invite->host, sizeof(values->host));
	memcpy(values->guest, invite->guest, sizeof(values->guest));
	take_token(values, &invite->token);
	memcpy(values->server_name,
		invite->server_name[0] ? invite->server_name : invite->relay.name,
		sizeof(values->server_name));
}

size_t lp_peer_endpoints(const struct lp_peer_options *values)
{
	return values->relay_address.name[0] ? 1 : 1 + values->also_count;
}

const struct lp_host *lp_peer_endpoint(const struct lp_peer_options *values, size_t number)
{
	if (values->relay_address.name[0])
		return &values->relay_address;
	return number == 0 ? &values->relay : &values->also[number - 1];
}

bool lp_peer_options_use_code(struct lp_peer_options *values, struct lp_code *code)
{
	bool good = lp_guest_is_known(values->guest)
			    ? lp_guest_room_key(values->host, values->guest, values->room_key)
			    : lp_room_key(code, values->room_key);
	lp_zero(code, sizeof(*code));
	return good;
}

uint16_t lp_peer_options_steer(const struct lp_peer_options *values)
{
	return lp_guest_is_known(values->guest) ? lp_guest_steer(values->guest)
						: lp_room_steer(values->room_key);
}

static bool take_invite(struct lp_peer_options *values, const char *text,
	const struct lp_options *options, struct lp_code *code, int *ret_exit)
{
	struct lp_invite invite; /* written only when the parse succeeds */
	enum lp_status status = lp_invite_parse(text, &invite);
	if (status == LP_MISTYPED)
		return wrong(options, ret_exit,
			"the room code in the invite has a typing error: copy the invite again");
	if (status != LP_OK)
		return wrong(options, ret_exit, "the invite is not complete: it looks like %s",
			LP_PEER_POSITIONAL);
	bool guest = lp_guest_is_known(invite.guest);
	if (!invite.code.text[0] && !guest && !values->needs_no_room)
		return wrong(options, ret_exit,
			"the invite names no room, because it is the relay's own: "
			"'lanparty-gateway "
			"setup' makes a room and prints an invite for players");
	if (!values->relay.name[0])
		take_endpoints(values, &invite);
	if (!values->pin_count && !values->cert_files.count) {
		memcpy(values->pins, invite.pins, sizeof(values->pins));
		values->pin_count = invite.pin_count;
	}
	if (!values->server_name_given)
		memcpy(values->server_name, invite.server_name, sizeof(values->server_name));
	memcpy(values->host, invite.host, sizeof(values->host));
	memcpy(values->guest, invite.guest, sizeof(values->guest));
	take_token(values, &invite.token);
	*code = invite.code;
	lp_zero(&invite, sizeof(invite));
	return true;
}

static bool parse_code(
	const char *text, const struct lp_options *options, struct lp_code *code, int *ret_exit)
{
	enum lp_status status = lp_code_parse(text, code);
	if (status == LP_MISTYPED)
		return wrong(options, ret_exit,
			"the room code has a typing error: compare it with the one that your host "
			"sent (a code of your own must not have %d characters, nor four groups)",
			LP_CODE_CHARS);
	if (status == LP_OK)
		return true;
	return wrong(options, ret_exit,
		"the room code is not right: %d to %d letters and digits, such as 'new-room' of "
		"lanparty-client prints",
		LP_CODE_MIN, LP_CODE_MAX);
}

/* The first line that is neither blank nor a comment, without the spaces around it: cut out of text in
 * place. "": there is none. */
static char *content_of(char *text)
{
	static const char mark[] = "\xef\xbb\xbf"; /* Windows Notepad can start a file with it */
	char *line = text + (strncmp(text, mark, sizeof(mark) - 1) == 0 ? sizeof(mark) - 1 : 0);
	for (;;) {
		line += strspn(line, " \t\r\n");
		if (*line != '#')
			break;
		line += strcspn(line, "\r\n");
	}
	size_t len = strcspn(line, "\r\n");
	while (len > 0 && strchr(" \t", line[len - 1]))
		len--;
	line[len] = 0;
	return line;
}

static bool take_room_file(struct lp_peer_options *values, char *text,
	const struct lp_options *options, struct lp_code *code, int *ret_exit)
{
	const char *content = content_of(text);
	if (!*content)
		return wrong(options, ret_exit,
			"the room file %s contains no room: write a code or an invite into it",
			values->room_file);
	if (strchr(content, ':')) /* no code contains one */
		return take_invite(values, content, options, code, ret_exit);
	return parse_code(content, options, code, ret_exit);
}

static bool read_room_file(struct lp_peer_options *values, const struct lp_options *options,
	struct lp_code *code, int *ret_exit)
{
	char text[ROOM_FILE_MAX + 1] = "";
	const char *path = values->room_file;
	long len = read_file(path, text, sizeof(text) - 1);
	int error = len < 0 ? errno : len == ROOM_FILE_MAX ? EFBIG : 0;
	bool good = false;
	if (error) {
		*ret_exit = LP_EXIT_NO_INPUT;
		wrong(options, ret_exit, "cannot read the room file %s: %s; %s", path,
			strerror(error), what_to_do(error));
	} else {
#ifndef _WIN32
		warn_if_open(path);
#endif
		good = take_room_file(values, text, options, code, ret_exit);
	}
	lp_zero(text, sizeof(text));
	return good;
}

static bool find_code(struct lp_peer_options *values, const struct lp_options *options,
	struct lp_code *code, int *ret_exit)
{
	int sources =
		(options->argument != NULL) + (values->room != NULL) + (values->room_file != NULL);
	if (sources == 0 && values->needs_no_room)
		return true;
	if (sources == 0)
		return wrong(
			options, ret_exit, "which room? Give an invite, --room or --room-file");
	if (sources > 1)
		return wrong(options, ret_exit,
			"an invite, --room and --room-file each name a room: give one of them");
	if (options->argument)
		return take_invite(values, options->argument, options, code, ret_exit);
	if (values->room)
		return parse_code(values->room, options, code, ret_exit);
	return read_room_file(values, options, code, ret_exit);
}

/* The code was taken from these. They stay, empty: that something was given is still known. */
static void wipe_sources(const struct lp_peer_options *values, const struct lp_options *options)
{
	char *room = (char *)(uintptr_t)values->room; /* a text that the options own */
	if (room)
		lp_zero(room, strlen(room));
	if (options->argument)
		lp_zero(options->argument, strlen(options->argument));
}

static bool derive_key(struct lp_peer_options *values, struct lp_code *code)
{
	if (code->chosen)
		lp_log(LP_LOG_WARNING, "room_code_chosen", "hint=%s",
			"this code was made up by a person and can be guessed: 'lanparty-client "
			"new-room' "
			"prints one that cannot");
	return lp_peer_options_use_code(values, code);
}

static void find_names(struct lp_peer_options *values)
{
	char host[256] = "";
	const char *name = values->name_given;
	if (!name && gethostname(host, sizeof(host) - 1) == 0) {
		host[strcspn(host, ".")] = 0;
		name = host;
	}
	if (name)
		lp_name_copy(values->name, sizeof(values->name), name, strlen(name));
	if (values->server_name_given)
		snprintf(values->server_name, sizeof(values->server_name), "%s",
			values->server_name_given);
	else if (!values->server_name[0])
		memcpy(values->server_name, values->relay.name, sizeof(values->server_name));
}

bool lp_peer_options_prepare(
	struct lp_peer_options *values, struct lp_options *options, int *ret_exit)
{
	*ret_exit = LP_EXIT_OK;
	lp_log_set(values->log_level, values->log_format);
	if (!read_certificates(values, options, ret_exit))
		return false;
	if (!lp_proxy_choose(values, !options->no_environment))
		return wrong(options, ret_exit, "--proxy: " LP_PROXY_EXPECTS " is expected");
	find_names(values);
	return true;
}

#ifndef _WIN32
static struct lp_peer_options *kept_from_children;

static void wipe_in_child(void)
{
	lp_zero(kept_from_children, sizeof(*kept_from_children));
}

bool lp_peer_options_keep_from_children(struct lp_peer_options *values)
{
	kept_from_children = values;
	if (pthread_atfork(NULL, NULL, wipe_in_child) == 0)
		return true;
	lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
	return false;
}
#endif

static bool choose_user(
	const struct lp_peer_options *values, const struct lp_options *options, int *ret_exit)
{
#ifdef _WIN32
	(void)values;
	(void)options;
	(void)ret_exit;
	return true;
#else
	const char *sentence = lp_rights_choose(values->user);
	return !sentence || wrong(options, ret_exit, "%s", sentence);
#endif
}

/* Everything but the room key. */
static bool read_sources(struct lp_peer_options *values, struct lp_options *options,
	struct lp_code *code, int *ret_exit)
{
	*ret_exit = LP_EXIT_OK;
	lp_log_set(values->log_level, values->log_format);
	bool good = choose_user(values, options, ret_exit) &&
		    find_code(values, options, code, ret_exit) &&
		    lp_peer_options_prepare(values, options, ret_exit);
	wipe_sources(values, options);
	if (good && !values->relay.name[0])
		return wrong(options, ret_exit, "which relay? Give an invite or --relay HOST");
	return good;
}

/* The word none, alone in the file: there is no key, as when a service was made ready for one. */
static bool take_host_key(struct lp_peer_options *values, char *text, size_t len,
	const struct lp_options *options, int *ret_exit)
{
	static const char none[] = "none";
	uint8_t print[LP_HOST_PRINT];
	if (strncmp(text, none, sizeof(none) - 1) == 0 && len <= sizeof(none))
		return true;
	const char *fault = lp_host_key_parse(text, len, &values->host_key);
	if (fault)
		return wrong(options, ret_exit, "--host-key %s: %s", values->host_key_file, fault);
	lp_host_print(values->host_key.public_half, print);
	if (lp_host_is_known(values->host) && memcmp(values->host, print, sizeof(print)) != 0)
		return wrong(options, ret_exit,
			"--host-key %s: the invite names another host key: give the key that "
			"belongs to this room",
			values->host_key_file);
	memcpy(values->host, print, sizeof(print));
	return true;
}

bool lp_peer_options_read_host_key(
	struct lp_peer_options *values, const struct lp_options *options, int *ret_exit)
{
	char text[HOST_KEY_MAX + 1] = "";
	const char *path = values->host_key_file;
	if (!path)
		return true;
	long len = read_file(path, text, HOST_KEY_MAX);
	int error = len < 0 ? errno : len == HOST_KEY_MAX ? EFBIG : 0;
	if (error)
		*ret_exit = LP_EXIT_NO_INPUT;
	bool good = error ? wrong(options, ret_exit, "cannot read the host key %s: %s; %s", path,
				    strerror(error), what_to_do(error))
			  : take_host_key(values, text, (size_t)len, options, ret_exit);
	lp_zero(text, sizeof(text));
	return good;
}

bool lp_peer_options_finish(
	struct lp_peer_options *values, struct lp_options *options, int *ret_exit)
{
	struct lp_code code = {0};
	bool good = read_sources(values, options, &code, ret_exit) &&
		    lp_peer_options_read_host_key(values, options, ret_exit);
	bool named = code.text[0] || lp_guest_is_known(values->guest);
	if (good && named && !derive_key(values, &code)) {
		*ret_exit = LP_EXIT_INTERNAL;
		good = wrong(options, ret_exit, "the TLS library has no SHA-256");
	}
	lp_zero(&code, sizeof(code));
	return good;
}

bool lp_peer_options_invite(struct lp_peer_options *values, struct lp_options *options,
	struct lp_invite *ret_invite, int *ret_exit)
{
	struct lp_invite invite = {0};
	bool good = read_sources(values, options, &invite.code, ret_exit);
	if (good && lp_guest_is_known(values->guest))
		good = wrong(options, ret_exit,
			"this is an invite for guests: give the room's own invite, or its code");
	if (good) {
		invite.relay = values->relay;
		memcpy(invite.also, values->also, sizeof(invite.also));
		invite.also_count = values->also_count;
		memcpy(invite.host, values->host, sizeof(invite.host));
		memcpy(invite.pins, values->pins, sizeof(invite.pins));
		invite.pin_count = values->pin_count;
		if (strcmp(values->server_name, values->relay.name) != 0)
			memcpy(invite.server_name, values->server_name, sizeof(invite.server_name));
		invite.token = values->token;
		*ret_invite = invite;
	}
	lp_zero(&invite, sizeof(invite));
	return good;
}
