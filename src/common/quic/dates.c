#include "lanparty/quic/dates.h"

#include <time.h>

#include "lanparty/base/date.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>

static bool read_date(const byte *element, int len, int64_t *ret_seconds)
{
	const byte *date;
	byte format;
	int size;
	struct tm tm = {0};
	if (!element || wc_GetDateInfo(element, len, &date, &format, &size) != 0 ||
		wc_GetDateAsCalendarTime(date, size, format, &tm) != 0)
		return false;
	*ret_seconds = lp_date_seconds(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) +
		       tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
	return true;
}

bool lp_dates_of(const uint8_t *der, size_t len, struct lp_dates *ret_dates)
{
	DecodedCert cert;
	struct lp_dates dates;
	wc_InitDecodedCert(&cert, der, (word32)len, NULL);
	bool good = wc_ParseCert(&cert, CERT_TYPE, NO_VERIFY, NULL) == 0 &&
		    read_date(cert.beforeDate, cert.beforeDateLen, &dates.from) &&
		    read_date(cert.afterDate, cert.afterDateLen, &dates.until);
	wc_FreeDecodedCert(&cert);
	if (good)
		*ret_dates = dates;
	return good;
}
