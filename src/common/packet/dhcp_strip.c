#include "lanparty/packet/dhcp_strip.h"

#include <string.h>

#include "lanparty/packet/checksum.h"
#include "lanparty/packet/eth.h"

#define IP              LP_ETH_HEADER
#define IPV4_MIN        20
#define IPV4_FRAGMENT   6
#define IPV4_FRAGMENTED 0x3fff /* more fragments, and the offset */
#define IPV4_MORE       0x2000
#define IPV4_PROTOCOL   9
#define UDP_DESTINATION 2
#define UDP_LENGTH      4
#define UDP_CHECKSUM    6
#define UDP_HEADER      8
#define CLIENT_PORT     68

/* RFC 2131, section 2. */
#define REPLY       2
#define SERVER_NAME 44
#define FILE_NAME   108
#define COOKIE      236
#define OPTIONS     240

#define OPTION_PAD      0
#define OPTION_ROUTER   3
#define OPTION_DNS      6
#define OPTION_OVERLOAD 52
#define OVERLOAD_FILE   1
#define OVERLOAD_SNAME  2
#define OPTION_ROUTES   121 /* RFC 3442 */
#define OPTION_ROUTES_2 249 /* the same, Microsoft's number */
#define OPTION_PROXY    252 /* WPAD */
#define OPTION_END      255

static bool must_go(uint8_t option)
{
	return option == OPTION_ROUTER || option == OPTION_DNS || option == OPTION_ROUTES ||
	       option == OPTION_ROUTES_2 || option == OPTION_PROXY;
}

/* Overwrites what must go in one run of options; *overload learns option 52 if it is there. */
static bool strip_options(uint8_t *at, size_t len, uint8_t *overload)
{
	bool changed = false;
	while (len > 0 && at[0] != OPTION_END) {
		if (at[0] == OPTION_PAD) {
			at++;
			len--;
			continue;
		}
		if (len < 2 || len - 2 < at[1])
			break;
		size_t size = 2 + (size_t)at[1];
		if (at[0] == OPTION_OVERLOAD && at[1] == 1)
			*overload = at[2];
		if (must_go(at[0])) {
			memset(at, OPTION_PAD, size);
			changed = true;
		}
		at += size;
		len -= size;
	}
	return changed;
}

static bool strip_message(uint8_t *dhcp, size_t len)
{
	static const uint8_t cookie[4] = {99, 130, 83, 99};
	uint8_t overload = 0, ignored = 0;
	if (len < OPTIONS || dhcp[0] != REPLY || memcmp(dhcp + COOKIE, cookie, sizeof(cookie)) != 0)
		return false;
	bool changed = strip_options(dhcp + OPTIONS, len - OPTIONS, &overload);
	if (overload & OVERLOAD_FILE)
		changed |= strip_options(dhcp + FILE_NAME, COOKIE - FILE_NAME, &ignored);
	if (overload & OVERLOAD_SNAME)
		changed |= strip_options(dhcp + SERVER_NAME, FILE_NAME - SERVER_NAME, &ignored);
	return changed;
}

bool lp_dhcp_is_fragment(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + IP;
	if (len < IP + IPV4_MIN || lp_get16(frame + 12) != LP_ETHERTYPE_IPV4 ||
		ip[IPV4_PROTOCOL] != LP_IP_UDP ||
		(lp_get16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENTED) != IPV4_MORE)
		return false;
	size_t header = (size_t)(ip[0] & 15) * 4;
	return len - IP >= header + UDP_HEADER &&
	       lp_get16(ip + header + UDP_DESTINATION) == CLIENT_PORT;
}

bool lp_dhcp_strip(uint8_t *frame, size_t len)
{
	uint8_t *ip = frame + IP;
	if (len < IP + IPV4_MIN || lp_get16(frame + 12) != LP_ETHERTYPE_IPV4 || ip[0] >> 4 != 4 ||
		ip[IPV4_PROTOCOL] != LP_IP_UDP || lp_get16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENTED)
		return false;
	size_t header = (size_t)(ip[0] & 15) * 4;
	if (header < IPV4_MIN || len - IP < header + UDP_HEADER)
		return false;
	uint8_t *udp = ip + header;
	size_t udp_len = lp_get16(udp + UDP_LENGTH);
	if (lp_get16(udp + UDP_DESTINATION) != CLIENT_PORT || udp_len < UDP_HEADER ||
		udp_len > len - IP - header)
		return false;
	if (!strip_message(udp + UDP_HEADER, udp_len - UDP_HEADER))
		return false;

	if (lp_get16(udp + UDP_CHECKSUM) != 0) { /* 0: the server sends none */
		lp_put16(udp + UDP_CHECKSUM, 0);
		lp_put16(udp + UDP_CHECKSUM, lp_checksum_transport(ip, LP_IP_UDP, udp, udp_len));
	}
	return true;
}
