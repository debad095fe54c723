/* dhcp_strip.h - removes from DHCP leases what would route a remote player's traffic into the LAN.
 *
 * A lease that crosses the tunnel would otherwise move the player's default route and name servers into
 * somebody else's LAN. Address, mask and lease time stay. */
#ifndef LANPARTY_PACKET_DHCP_STRIP_H
#define LANPARTY_PACKET_DHCP_STRIP_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/packet/view.h"

/* In a whole DHCPv4 message from a server to a client: overwrites with padding the options router (3),
 * DNS (6), classless routes (121, 249) and proxy (252), also in fields that hold more options (RFC 2132,
 * section 9.3), and corrects the UDP checksum. The length stays. `frame` is the frame that `view` was
 * made of, or a copy of it. Returns true when something was changed. Any bytes are safe. */
bool lp_dhcp_strip(uint8_t *frame, const struct lp_view *view);

/* True for a UDP packet to a DHCPv4 client, whole or its first fragment. */
bool lp_dhcp_is_to_client(const struct lp_view *view);

/* True for the first fragment of a UDP packet to a DHCPv4 client. Its options cannot be stripped, and no
 * honest server sends one. */
bool lp_dhcp_is_fragment(const struct lp_view *view);

#endif
