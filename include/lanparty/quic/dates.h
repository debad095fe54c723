/* dates.h - when a certificate is valid. */
#ifndef LANPARTY_QUIC_DATES_H
#define LANPARTY_QUIC_DATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In seconds since 1970. */
struct lp_dates {
	int64_t from, until;
};

/* Reads the validity (RFC 5280, section 4.1.2.5) of a certificate in DER. False: it cannot be
 * parsed. */
bool lp_dates_of(const uint8_t *der, size_t len, struct lp_dates *ret_dates);

#endif
