/* dhcp_strip.h - DHCPv4 replies (RFC 2131): reads the lease, and removes what would route a remote player's
 * traffic into the LAN.
 *
 * A lease that crosses the tunnel would otherwise move the player's default route and name servers into
 * somebody else's LAN. Address, mask and lease time stay. Any bytes are safe. offer.h judges the lease. */
#ifndef LANPARTY_PACKET_DHCP_STRIP_H
#define LANPARTY_PACKET_DHCP_STRIP_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/packet/view.h"

/* In a whole DHCPv4 message from a server to a client: overwrites with padding the options router (3),
 * DNS (6), static and classless routes (33, 121, 249) and proxy (252), also in fields that hold more
 * options (RFC 2132, section 9.3), and corrects the UDP checksum. The length stays. `frame` is the frame
 * that `view` was made of, or a copy of it. Returns true when something was changed. */
bool lp_dhcp_strip(uint8_t *frame, const struct lp_view *view);

struct lp_dhcp_lease {
	uint32_t address; /* host byte order; 0: the reply leases none */
	uint8_t length; /* of the mask, bits; without a mask, that of the address's class (RFC 791) */
	uint32_t mask_at; /* offset of the mask in the frame; 0: the reply has none */
};
/* Reads a whole reply of a server. False: clients could understand it in several ways, because it is no
 * reply, has no magic cookie, or has several masks or one with gaps. */
bool lp_dhcp_lease_of(const struct lp_view *view, struct lp_dhcp_lease *ret_lease);
/* Makes the mask of a lease that has one 255.255.255.255, and corrects the UDP checksum. */
void lp_dhcp_narrow(uint8_t *frame, const struct lp_view *view, const struct lp_dhcp_lease *lease);

/* True for a UDP packet to a DHCPv4 client, whole or its first fragment. */
bool lp_dhcp_is_to_client(const struct lp_view *view);

/* True for the first fragment of a UDP packet to a DHCPv4 client. Its options cannot be stripped, and no
 * honest server sends one. */
bool lp_dhcp_is_fragment(const struct lp_view *view);

#endif
