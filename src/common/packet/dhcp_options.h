/* dhcp_options.h - the options of DHCPv4 messages (RFC 2132), also in the fields file and sname (section 9.3).
 *
 * Never reads past the message. Any bytes are safe. */
#ifndef LANPARTY_DHCP_OPTIONS_H
#define LANPARTY_DHCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/headers.h"

#define LP_DHCP_FIELDS 3 /* that can hold options */
#define LP_DHCP_OPTION 2 /* bytes before an option's value */

/* Part of a DHCP message that holds options. */
struct lp_dhcp_field {
	size_t at, len;
};

/* Moves *at to the next option of the field. Returns its size with code and length; 0: there is none. */
size_t lp_dhcp_next(const uint8_t *dhcp, const struct lp_dhcp_field *field, size_t *at);
/* len: at least LP_DHCP_OPTIONS. Returns the number of fields. */
size_t lp_dhcp_fields(const uint8_t *dhcp, size_t len, struct lp_dhcp_field fields[LP_DHCP_FIELDS]);

struct lp_dhcp_value {
	size_t at, len; /* in the message; 0: it has no such option */
};
/* Finds the value of an option in a message of at least LP_DHCP_OPTIONS bytes. False: programs could
 * understand the message in several ways, because it has the option twice (RFC 3396 joins them, others take
 * one of them), or options that do not fit. */
bool lp_dhcp_find(const uint8_t *dhcp, size_t len, uint8_t option, struct lp_dhcp_value *ret_value);

#endif
