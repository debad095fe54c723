/* stations.h - which stations of a gateway's LAN take part in the room: some by their MACs, some by their
 * vendors (the first three bytes of a MAC, which IEEE assigns). It never decides on members. */
#ifndef LANPARTY_PACKET_STATIONS_H
#define LANPARTY_PACKET_STATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/packet/eth.h"

#define LP_MAX_STATIONS 64
#define LP_MAX_VENDORS  64

struct lp_stations {
	struct lp_mac macs[LP_MAX_STATIONS];
	size_t mac_count;
	uint8_t vendors[LP_MAX_VENDORS][3];
	size_t vendor_count;
};

/* Adds a station, "00:1f:32:aa:bb:cc"; false: no MAC of a station, or too many. */
bool lp_stations_add_mac(struct lp_stations *s, const char *text);
/* Adds all stations of a vendor, "00:1f:32"; false: no such prefix, or too many. */
bool lp_stations_add_vendor(struct lp_stations *s, const char *text);

/* True if the station takes part; without any in the list, all do. */
bool lp_stations_has(const struct lp_stations *s, const struct lp_mac *mac);

#endif
