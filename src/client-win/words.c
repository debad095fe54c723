#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lanparty/edge/address.h"

#define AGAIN " Trying again\xc2\xa0\xe2\x80\xa6"

__attribute__((format(gnu_printf, 2, 3))) static const char *say(
	char text[WORDS_MAX], const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(text, WORDS_MAX, format, args);
	va_end(args);
	return text;
}

const char *words_relay(const struct lp_host *relay, char text[WORDS_RELAY])
{
	bool ipv6 = strchr(relay->name, ':');
	size_t len = (size_t)snprintf(
		text, WORDS_RELAY, "%s%s%s", ipv6 ? "[" : "", relay->name, ipv6 ? "]" : "");
	if (relay->port != LP_RELAY_PORT)
		snprintf(text + len, WORDS_RELAY - len, ":%u", relay->port);
	return text;
}

const char *words_address(const char *given, char text[WORDS_ADDRESS])
{
	snprintf(text, WORDS_ADDRESS, "%.*s", (int)strcspn(given, "/"), given);
	return text;
}

/* Reasons of other modules are parts of sentences: "the relay is shutting down". */
static const char *as_sentence(const char *reason, char text[WORDS_MAX])
{
	size_t len = strlen(reason);
	say(text, "%s%s", reason, len > 0 && !strchr(".!?", reason[len - 1]) ? "." : "");
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	return text;
}

static const char *of_version(const char *relay, char text[WORDS_MAX])
{
	return say(text,
		"The relay %s and this program are of different versions. Get the newest "
		"lanparty, or ask your host to update the relay.",
		relay);
}

/* The host keeps players out; or the relay says why it does. */
static const char *of_host(const struct lp_reject *reject, const char *relay, char text[WORDS_MAX])
{
	switch (reject->reason) {
	case LP_REJECT_NOT_HOST:
		return say(text, "Only the host's LAN gateway can be the gateway of this room. Ask "
				 "your host for another room.");
	case LP_REJECT_LOCKED:
		return say(text, "The host has locked the room. Ask your host to let you in.");
	case LP_REJECT_REMOVED:
		return say(text, "The host has removed this computer from the room. Ask your host "
				 "to let you in again.");
	case LP_REJECT_GUEST_WAITS:
		return say(text, "The room of this guest invite is not open yet. Waiting for the "
				 "host; if the others are in it, ask for a new invite "
				 "\xe2\x80\xa6");
	case LP_REJECT_GUEST_EXPIRED:
		return say(text, "This guest invite has expired. Ask your host for a new one.");
	case LP_REJECT_GUEST_WRONG:
		return say(text,
			"This guest invite is not one of the room's host. Copy it again, or "
			"ask your host for a new one.");
	default:
		break;
	}
	return say(text, "The relay %s does not let you in%s%s. Ask your host why.", relay,
		reject->text[0] ? ": " : "", reject->text);
}

static const char *of_reject(
	const struct lp_reject *reject, const char *relay, char text[WORDS_MAX])
{
	switch (reject->reason) {
	case LP_REJECT_VERSION:
		return of_version(relay, text);
	case LP_REJECT_ROOM_FULL:
		return say(text, "The room is full. Join again when somebody has left, or ask "
				 "your host to let more players in.");
	case LP_REJECT_TOO_MANY_ROOMS:
		return say(text,
			"The relay %s is full and opens no more rooms. Try later, or tell "
			"your host.",
			relay);
	case LP_REJECT_GATEWAY_PRESENT:
		return say(text,
			"The room has a LAN gateway already. The host has to stop that one first.");
	case LP_REJECT_MAC_IN_USE:
		return say(text,
			"Another computer in the room has the same adapter address as "
			"this one. If that is a copy of this computer, leave the room there "
			"first.");
	case LP_REJECT_MAC_SILENT:
		return say(text,
			"This computer is still in the room, perhaps from your last visit. Waiting "
			"until the relay lets it in again, at most a minute \xe2\x80\xa6");
	case LP_REJECT_GATEWAY_SILENT:
		return say(text, "The room's LAN gateway is silent. Waiting until its place is "
				 "free, at most a minute \xe2\x80\xa6");
	case LP_REJECT_BUSY:
		return say(text, "Very many joins come from your network at the moment. Waiting "
				 "until the relay lets this computer in \xe2\x80\xa6");
	case LP_REJECT_MAC_INVALID:
		return say(text, "The address of this computer's lanparty adapter cannot be used. "
				 "Install the adapter's driver again, then join again.");
	case LP_REJECT_MTU:
		return say(text,
			"This room's packets are too large for your computer or your internet "
			"connection. Tell your host.");
	case LP_REJECT_MALFORMED:
		return say(text,
			"The relay %s did not understand this program. Get the newest lanparty, "
			"or ask your host to update the relay.",
			relay);
	case LP_REJECT_WORN_OUT:
		return say(text,
			"This room was joined too many times. Let everybody leave it for a "
			"moment, then join again.");
	case LP_REJECT_WRONG_WORKER:
		return say(text,
			"The relay %s could not connect this program to your room. Get the newest "
			"lanparty, or ask your host to update the relay.",
			relay);
	default:
		return of_host(reject, relay, text);
	}
}

static const char *of_unreachable(const char *relay, bool final, char text[WORDS_MAX])
{
	if (final)
		return say(text,
			"There is no relay %s. Compare the invite with the one that your host "
			"sent, and check your internet connection.",
			relay);
	return say(text,
		"The relay %s cannot be reached: this computer seems to have no internet "
		"connection. Check the cable or the Wi-Fi.",
		relay);
}

static const char *of_clock(char text[WORDS_MAX])
{
	return say(text, "This computer's clock is wrong: it shows a day on which this program did "
			 "not exist yet. Set date and time.");
}

/* Without a pin. */
static const char *of_certificate(
	const struct session_event *e, const char *relay, char text[WORDS_MAX])
{
	if (e->clock_behind && (e->end == LP_QUIC_END_EXPIRED || e->end == LP_QUIC_END_EARLY ||
				       e->end == LP_QUIC_END_AUTHORITY))
		return of_clock(text);
	switch (e->end) {
	case LP_QUIC_END_EXPIRED:
		return say(text,
			"The proof of identity of the relay %s has expired. Ask your host to renew "
			"it. If this computer shows a wrong date, correct it first.",
			relay);
	case LP_QUIC_END_EARLY:
		return say(text,
			"This computer's clock is behind, or the proof of identity of the relay %s "
			"begins too late. Check date and time of this computer. If they are right, "
			"tell your host.",
			relay);
	case LP_QUIC_END_NAME:
		return say(text,
			"The relay that answers at %s says that it has another name. Compare the "
			"invite with the one that your host sent, or ask for a new one.",
			relay);
	default:
		return say(text,
			"This computer cannot verify that %s is the right relay. Ask your host "
			"for the whole invite: it says how to recognise the relay.",
			relay);
	}
}

static const char *of_silence(
	const struct session_event *e, const char *relay, char text[WORDS_MAX])
{
	switch (e->failure) {
	case LP_SEND_TOO_BIG:
		return say(text,
			"The network between this computer and the relay %s carries only small "
			"packets, perhaps because of a VPN. Turn the VPN off, or use another "
			"network.",
			relay);
	case LP_SEND_NO_FAMILY:
		return say(text,
			"The relay %s and this computer's network have different kinds of internet "
			"addresses (IPv4 and IPv6). Use another network, or ask your host for an "
			"address of the other kind.",
			relay);
	case LP_SEND_FORBIDDEN:
		return say(text,
			"A firewall of this computer does not let this program reach the relay %s. "
			"Allow it there, then join again.",
			relay);
	case LP_SEND_REFUSED:
		return say(text,
			"No relay runs at %s. Ask your host to start it, and compare the invite "
			"with the one that your host sent.",
			relay);
	case LP_SEND_UNREACHABLE:
		return say(text,
			"The network says that the computer of the relay %s cannot be reached. Ask "
			"your host whether it is on, and for its address of today.",
			relay);
	case LP_SEND_REJECTED:
		return say(text,
			"A firewall at the relay %s, or on the way, rejects this program's "
			"packets. Ask your host to let them in, or use another network.",
			relay);
	case LP_SEND_NO_ROUTE:
	case LP_SEND_GOOD:
		break;
	}
	return say(text,
		"The relay %s does not answer. Check your internet connection, and ask your host "
		"whether the relay runs and its firewall lets it answer. A firewall on your side "
		"can be in the way, too.",
		relay);
}

/* UDP has got no answer, and this came of TCP. NULL: nothing that says more than of_silence. */
static const char *of_stream(const struct session_event *e, const char *relay, char text[WORDS_MAX])
{
	bool silent = e->stream_end == LP_STREAM_NO_TCP || e->stream_end == LP_STREAM_SLOW;
	if (silent && e->proxy)
		return say(text,
			"The proxy of this network does not answer. Compare LANPARTY_PROXY or "
			"https_proxy with the network's settings.");
	switch (e->stream_end) {
	case LP_STREAM_PROXY:
		return say(text,
			"The proxy of this network does not connect to the relay %s. Ask who runs "
			"the network to allow it, or use another network.",
			relay);
	case LP_STREAM_PASSWORD:
		return say(text,
			"The proxy of this network wants a user and a password, or other ones. Set "
			"them in the environment variable LANPARTY_PROXY, as "
			"http://USER:PASSWORD@HOST:PORT, or use another network.");
	case LP_STREAM_NOT_LANPARTY:
		return say(text,
			"Something else answers in place of the relay %s. Open a web page in a "
			"browser: perhaps this network wants you to log in first. If not, ask your "
			"host whether another web server has the relay's address.",
			relay);
	case LP_STREAM_SLOW:
		return say(text,
			"The relay %s does not answer in time. Use another network, or ask your "
			"host whether the relay runs.",
			relay);
	case LP_STREAM_CLOSED:
		return say(text,
			"This network, or a firewall, cuts the connection to the relay %s. Use "
			"another network, or ask your host whether the relay runs.",
			relay);
	case LP_STREAM_GOOD:
	case LP_STREAM_NO_TCP:
	case LP_STREAM_MEMORY:
		break;
	}
	return NULL;
}

static const char *of_store(char text[WORDS_MAX])
{
	return say(text, "Windows has no list of authorities, so this computer cannot verify the "
			 "relay. Ask your host for the whole invite: it says how to "
			 "recognise the relay.");
}

static const char *of_end(const struct session_event *e, const char *relay, char text[WORDS_MAX])
{
	switch (e->end) {
	case LP_QUIC_END_PEER:
		return as_sentence(e->action.text, text);
	case LP_QUIC_END_LOCAL:
	case LP_QUIC_END_ERROR:
	case LP_QUIC_END_MEMORY:
		break;
	case LP_QUIC_END_IDLE:
		return say(text,
			"The relay %s has stopped answering: your internet connection or the "
			"relay's "
			"may be interrupted.",
			relay);
	case LP_QUIC_END_RESET:
		return say(text, "The relay %s was restarted.", relay);
	case LP_QUIC_END_HANDSHAKE:
		return e->stream && of_stream(e, relay, text) ? text : of_silence(e, relay, text);
	case LP_QUIC_END_PIN:
		return say(text,
			"The relay %s is not the one that your invite was made for. Ask your host "
			"for a new invite.",
			relay);
	case LP_QUIC_END_EXPIRED:
	case LP_QUIC_END_EARLY:
	case LP_QUIC_END_NAME:
	case LP_QUIC_END_AUTHORITY:
		return of_certificate(e, relay, text);
	case LP_QUIC_END_ALPN:
		return of_version(relay, text);
	}
	return say(text, "The connection to the relay %s was closed (%s).", relay,
		e->action.text[0] ? e->action.text : "no reason is known");
}

static const char *of_member(const struct lp_tunnel_action *a, char text[WORDS_MAX])
{
	const char *name = a->member.name[0] ? a->member.name : "A player";
	bool gateway = a->member.role == LP_ROLE_GATEWAY;
	if (a->kind == LP_TUNNEL_PEER_JOINED)
		return gateway ? say(text, "The LAN gateway is in the room.")
			       : say(text, "%s is in the room.", name);
	if (gateway)
		return say(
			text, "The LAN gateway has left the room: players still see each other.");
	if (a->peer_left.reason == LP_LEAVE_TIMED_OUT)
		return say(text, "%s is gone: the connection was lost.", name);
	return say(text, "%s has left the room.", name);
}

static const char *of_loop(const struct lp_tunnel_action *a, char text[WORDS_MAX])
{
	const char *name = a->member.name[0] ? a->member.name : "A player";
	if (!a->begins)
		return say(text, "The loop is gone.");
	if (a->member.peer)
		return say(
			text, "%s has connected the room with its LAN by a network bridge.", name);
	return say(text, "This computer connects the room with its LAN by a network bridge. Take "
			 "the lanparty adapter out of the bridge.");
}

static const char *of_conflict(const struct lp_tunnel_action *a, char text[WORDS_MAX])
{
	const char *name = a->member.name[0] ? a->member.name : "A player";
	if (!a->begins)
		return say(text, "The computer with the same network address is gone.");
	if (a->member.peer)
		return say(text, "%s has the network address of a computer of the LAN.", name);
	return say(text, "A computer of the LAN has the same network address as this one: nothing "
			 "passes. Leave the room and join again with another address.");
}

static const char *of_game(const struct lp_tunnel_action *a, char text[WORDS_MAX])
{
	char shown[LP_GAME_SHOWN], address[LP_ADDRESS_TEXT];
	const char *host = a->member.name[0] ? a->member.name : "A player";
	if (a->member.role == LP_ROLE_GATEWAY)
		host = "A computer of the LAN";
	return say(text, "%s hosts a game: %s. Its address is %s.", host,
		lp_game_format(&a->game.game, shown),
		lp_endpoint_format(&a->game.address, a->game.game.port, address));
}

static const char *of_old(enum lp_old_protocol old, char text[WORDS_MAX])
{
	if (old == LP_OLD_NETBEUI)
		return say(text, "A program uses NetBEUI, which the room does not carry. Choose "
				 "TCP/IP in the program, or ask your host to allow it.");
	return say(text, "A program uses IPX, which the room does not carry. Ask your host to "
			 "allow IPX at the relay, the gateway and each player.");
}

static const char *of_action(const struct session_event *e, const char *relay, char text[WORDS_MAX])
{
	const struct lp_tunnel_action *a = &e->action;
	switch (a->kind) {
	case LP_TUNNEL_JOINED:
		return say(text, "You are in the room.%s",
			e->stream ? " This network lets through only web traffic, so games can be "
				    "slower."
				  : "");
	case LP_TUNNEL_REJECTED:
		of_reject(&a->reject, relay, text);
		break;
	case LP_TUNNEL_PEER_JOINED:
	case LP_TUNNEL_PEER_LEFT:
		return of_member(a, text);
	case LP_TUNNEL_LOOP:
		return of_loop(a, text);
	case LP_TUNNEL_CONFLICT:
		return of_conflict(a, text);
	case LP_TUNNEL_GAME:
		return of_game(a, text);
	case LP_TUNNEL_OLD:
		return of_old(a->old, text);
	case LP_TUNNEL_DISCONNECTED:
		if (e->no_store && e->clock_behind)
			of_clock(text);
		else if (e->no_store)
			of_store(text);
		else if (e->unreachable && e->failure != LP_SEND_NO_FAMILY)
			of_unreachable(relay, a->final, text);
		else
			of_end(e, relay, text);
		break;
	default:
		return say(text, "%s", "");
	}
	if (!a->final)
		strncat(text, AGAIN, WORDS_MAX - strlen(text) - 1);
	return text;
}

/* The adapter's own message names it and its holder; these are used when there is none. */
static const char *of_adapter(enum adapter_problem problem, const char *known, char text[WORDS_MAX])
{
	static const char *const sentences[] = {
		[ADAPTER_GOOD] = "The network adapter could not be set up.",
		[ADAPTER_NO_DRIVER] =
			"This computer has no network adapter for lanparty. Install the "
			"TAP-Windows driver, then join again.",
		[ADAPTER_NOT_FOUND] =
			"The network adapter that lanparty was told to use is not there.",
		[ADAPTER_TOO_OLD] =
			"The driver of the network adapter is too old to be safe. Install "
			"TAP-Windows 9.27 or newer, then join again.",
		[ADAPTER_IN_USE] = "The network adapter is used by another program, perhaps a "
				   "VPN. Close that program, then join again.",
		[ADAPTER_NO_RIGHTS] =
			"Windows does not let lanparty use the network adapter. Start it as "
			"administrator.",
		[ADAPTER_FAILED] =
			"The network adapter could not be opened. Restart the computer, then join "
			"again.",
	};
	return as_sentence(known[0] ? known : sentences[problem], text);
}

const char *words_event(
	const struct session_event *event, const struct lp_host *host, char text[WORDS_MAX])
{
	char relay[WORDS_RELAY], address[WORDS_ADDRESS];
	words_relay(host, relay);
	switch (event->kind) {
	case SESSION_CONNECTING:
		return say(text, "Connecting to the relay %s \xe2\x80\xa6", relay);
	case SESSION_NO_ADAPTER:
		return of_adapter(event->problem, event->text, text);
	case SESSION_ACTION:
		return of_action(event, relay, text);
	case SESSION_ADDRESS:
		return event->text[0] ? say(text, "The address from the LAN is %s.",
						words_address(event->text, address))
				      : say(text, "The address from the LAN is gone.");
	case SESSION_MOVED:
		return say(text, "This network lets through more than web traffic again: games are "
				 "no longer slower.");
	case SESSION_WARNING:
		return as_sentence(event->text, text);
	case SESSION_OVER:
		return as_sentence(event->text[0] ? event->text : "You have left the room.", text);
	case SESSION_TRAFFIC:
		break;
	}
	return say(text, "%s", "");
}

const char *words_room(size_t others, bool gateway, char text[WORDS_MAX])
{
	char with[40] = "";
	if (others == 0 && !gateway)
		return say(text, "%s", LP_TELL_ALONE);
	if (others > 0)
		snprintf(with, sizeof(with), " with %zu other%s", others, others > 1 ? "s" : "");
	if (gateway)
		return say(text,
			"You are in the room%s and connected to the LAN. Start your game now.",
			with);
	return say(text,
		"You are in the room%s. The LAN gateway is missing: you see each other, but not "
		"the host's LAN.",
		with);
}

const char *words_bytes(double bytes, char text[24])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	size_t unit = 0;
	while (bytes >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1000;
		unit++;
	}
	snprintf(text, 24, unit > 0 && bytes < 9.95 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return text;
}
