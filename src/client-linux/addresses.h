/* addresses.h - gives the client's interface its IPv4 address: by DHCP, by the relay, or as the player wants it
 * (row H6). Writes the events address and address_gone to stdout. */
#ifndef LANPARTY_CLIENT_ADDRESSES_H
#define LANPARTY_CLIENT_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/edge/exit.h"
#include "lanparty/tunnel/tunnel.h"

enum address_mode {
	ADDRESS_AUTO, /* DHCP where a gateway is, and none beside an address that the player has set */
	ADDRESS_DHCP,  /* DHCP always */
	ADDRESS_NONE,  /* the player sets it by hand */
	ADDRESS_FIXED, /* this one */
};
struct address_choice {
	enum address_mode mode;
	uint32_t ipv4; /* with ADDRESS_FIXED, host byte order */
	unsigned prefix;
};
/* For an option whose value is a struct address_choice. */
#define ADDRESS_EXPECTS                                                                            \
	"auto, dhcp, none, or an IPv4 address with its prefix such as 192.168.77.50/24"
bool address_parse(const char *text, void *value);

struct addresses;

/* For a port of tap_open, which is borrowed until addresses_close. Call it before privileges are dropped,
 * because DHCP clients get those of this moment. NULL after it has logged why and set *ret_exit. */
struct addresses *addresses_open(
	struct lp_port *tap, const struct address_choice *choice, enum lp_exit *ret_exit);
void addresses_told(struct addresses *a, const struct lp_tunnel_action *action, lp_time now);
/* Addresses or routes of this computer have changed, and tap_refresh was called. */
void addresses_changed(struct addresses *a, lp_time now);
/* Returns when it is due again; LP_NEVER: it is not. */
lp_time addresses_on_time(struct addresses *a, lp_time now);
/* A descriptor that is readable when addresses_read has something to do; -1: none. */
int addresses_fd(const struct addresses *a);
void addresses_read(struct addresses *a, lp_time now);
/* A child has ended. */
void addresses_child(struct addresses *a, lp_time now);
/* The user leaves. Returns how long the lease's release needs the room. */
lp_time addresses_release(struct addresses *a);
/* NULL is allowed. */
void addresses_close(struct addresses *a);

#endif
