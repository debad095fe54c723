/* date.h - calendar dates (UTC, proleptic Gregorian calendar) from and to seconds since 1970. It reads no
 * clock. */
#ifndef LANPARTY_BASE_DATE_H
#define LANPARTY_BASE_DATE_H

#include <stdint.h>

#define LP_DATE_TEXT 16 /* "2026-11-29" and NUL, and room for years that are out of range */

/* Writes the date of seconds since 1970. Returns text. */
const char *lp_date_format(int64_t seconds, char text[LP_DATE_TEXT]);
/* The seconds since 1970 at which a day begins. month: 1 to 12; day: 1 to 31. */
int64_t lp_date_seconds(int year, int month, int day);

#endif
