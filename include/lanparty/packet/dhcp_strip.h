/* dhcp_strip.h - takes the ways into the internet out of the DHCP leases of remote players.
 *
 * A lease through the tunnel would otherwise move a player's default route and name servers into
 * somebody else's LAN. */
#ifndef LANPARTY_PACKET_DHCP_STRIP_H
#define LANPARTY_PACKET_DHCP_STRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In a DHCPv4 message from server to client, overwrites with padding the options router (3), DNS
 * (6), classless routes (121, 249) and proxy (252), also in fields used for more options (RFC 2132,
 * section 9.3), and sets the UDP checksum right. The length stays. True when something was changed;
 * other frames are not touched. */
bool lp_dhcp_strip(uint8_t *frame, size_t len);
/* The first fragment of a message to a DHCP client: it cannot be looked into, and no honest server
 * sends one. */
bool lp_dhcp_is_fragment(const uint8_t *frame, size_t len);

#endif
