#include "ends.h"

bool lp_end_is_about_certificate(enum lp_quic_end end)
{
	return end == LP_QUIC_END_PIN || end == LP_QUIC_END_EXPIRED || end == LP_QUIC_END_EARLY ||
	       end == LP_QUIC_END_NAME || end == LP_QUIC_END_AUTHORITY;
}

bool lp_end_is_about_dates(enum lp_quic_end end)
{
	return end == LP_QUIC_END_EXPIRED || end == LP_QUIC_END_EARLY ||
	       end == LP_QUIC_END_AUTHORITY;
}
