#include "lanparty/peer/peer_options.h"

#include <string.h>

#include "lanparty/edge/parse.h"
#ifndef _WIN32
#include "lanparty/edge/linux/rights.h"
#endif

/* The first one, and others where the same relay is too. */
static bool parse_relay(const char *text, void *value)
{
	struct lp_peer_options *values = value;
	if (!values->relay.name[0])
		return lp_host_parse(text, &values->relay) == LP_OK;
	if (values->also_count == LP_MAX_ALSO ||
		lp_host_parse(text, &values->also[values->also_count]) != LP_OK)
		return false;
	values->also_count++;
	return true;
}

static bool parse_pin(const char *text, void *value)
{
	struct lp_peer_options *values = value;
	if (values->pin_count == LP_MAX_PINS ||
		lp_pin_parse(text, values->pins[values->pin_count]) != LP_OK)
		return false;
	values->pin_count++;
	return true;
}

size_t lp_peer_options_add(struct lp_peer_options *values, struct lp_option *table, size_t count)
{
	const struct lp_option options[] = {
		{.name = "relay",
			.argument = "HOST[:PORT]",
			.kind = LP_OPTION_PARSED,
			.help = "the relay (default port: UDP 443); given again: another name,\n"
				"address or port of the same relay, 4 at most",
			.value = values,
			.parse = parse_relay,
			.expects = "a host name, an IPv4 address or an IPv6 address in [], and "
				   "perhaps :PORT, 4 times at most"},
		{.name = "proxy",
			.argument = "URL",
			.kind = LP_OPTION_TEXT,
			.secret = true,
			.help = "where UDP is blocked, reach the relay through this HTTP proxy:\n"
				"http://[USER:PASSWORD@]HOST[:PORT], or none (default: "
				"https_proxy\n"
				"of the environment)",
			.value = &values->proxy_given},
		{.name = "no-tcp",
			.kind = LP_OPTION_FLAG,
			.help = "never use TCP: only UDP",
			.value = &values->no_tcp},
		{.name = "server-name",
			.argument = "NAME",
			.kind = LP_OPTION_TEXT,
			.help = "name that the relay's certificate must have (default: the host)",
			.value = &values->server_name_given},
		{.name = "relay-cert",
			.argument = "FILE",
			.kind = LP_OPTION_TEXTS,
			.help = "trust only this certificate (DER); can be given twice,\n"
				"for the current and the next one",
			.value = &values->cert_files},
		{.name = "relay-pin",
			.argument = "sha256:HEX",
			.kind = LP_OPTION_PARSED,
			.help = "trust only the certificate with this SHA-256 of its DER.\n"
				"Without a certificate or pin the system's certificate authorities "
				"decide",
			.value = values,
			.parse = parse_pin,
			.expects = "sha256: with 64 hex digits, twice at most,"},
		{.name = "room",
			.argument = "CODE",
			.kind = LP_OPTION_TEXT,
			.secret = true,
			.help = "the room's code",
			.value = &values->room},
		{.name = "room-file",
			.argument = "FILE",
			.kind = LP_OPTION_TEXT,
			.help = "read the room's code or an invite from FILE, - for standard\n"
				"input; lines that begin with # are comments",
			.value = &values->room_file},
		{.name = "host-key",
			.argument = "FILE",
			.kind = LP_OPTION_TEXT,
			.help = "the room's host key (PEM), which 'lanparty-gateway setup' makes:\n"
				"this program acts for the room's host",
			.value = &values->host_key_file},
		{.name = "name",
			.argument = "NAME",
			.kind = LP_OPTION_TEXT,
			.help = "how the others see this computer (default: its host name)",
			.value = &values->name_given},
		{.name = "datagram-budget",
			.argument = "BYTES",
			.kind = LP_OPTION_SIZE,
			.help = "largest datagram to accept (default: what the path carries)",
			.value = &values->datagram_budget,
			.min = 576,
			.max = UINT16_MAX},
		{.name = "allow-ethertype",
			.argument = "HEX",
			.kind = LP_OPTION_PARSED,
			.help = "also forward this protocol, besides ARP, IPv4 and IPv6\n"
				"(IPX: 8137); the relay must allow it too; can be repeated",
			.value = &values->filter,
			.parse = lp_parse_ethertype,
			.expects = LP_EXPECTS_ETHERTYPE},
		{.name = "allow-llc",
			.kind = LP_OPTION_FLAG,
			.help = "also forward IPX and NetBEUI in IEEE 802.3 frames; relay too",
			.value = &values->filter.llc},
#ifndef _WIN32
		{.name = "user",
			.argument = "NAME",
			.kind = LP_OPTION_TEXT,
			.help = "user that root becomes once the interface is ready (default:\n"
				"lanparty where this user exists, else nobody)",
			.value = &values->user},
		{.name = "sandbox",
			.argument = "MODE",
			.kind = LP_OPTION_PARSED,
			.help = "what happens to a system call that this program does not need:\n"
				"deny (fail it and log it), kill (end the program) or off (allow "
				"it)\n(default: deny)",
			.parse = lp_sandbox_parse,
			.expects = LP_EXPECTS_SANDBOX},
#endif
		{.name = "log-level",
			.argument = "LEVEL",
			.kind = LP_OPTION_PARSED,
			.help = "error, warning, info, debug or frame (one line per frame)\n"
				"(default: info)",
			.value = &values->log_level,
			.parse = lp_parse_log_level,
			.expects = LP_EXPECTS_LOG_LEVEL},
		{.name = "log-format",
			.argument = "FORMAT",
			.kind = LP_OPTION_PARSED,
			.help = "text or json, for the log and for the events on standard output\n"
				"(default: text)",
			.value = &values->log_format,
			.parse = lp_parse_log_format,
			.expects = LP_EXPECTS_LOG_FORMAT},
	};
	_Static_assert(sizeof(options) / sizeof(options[0]) <= LP_PEER_OPTIONS, "room for all");
	values->log_level = LP_LOG_INFO;
	memcpy(table + count, options, sizeof(options));
	return count + sizeof(options) / sizeof(options[0]);
}
