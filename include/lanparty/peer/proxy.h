/* proxy.h - the HTTP proxy that TCP to the relay goes through (row W2): from the options, or from the
 * environment as other programs have it. */
#ifndef LANPARTY_PEER_PROXY_H
#define LANPARTY_PEER_PROXY_H

#include <stdbool.h>

#include "lanparty/carrier/carrier.h"
#include "lanparty/peer/peer_options.h"

#define LP_PROXY_PORT    80 /* without one in the URL */
#define LP_PROXY_EXPECTS "http://[USER:PASSWORD@]HOST[:PORT], or none"

/* "[http://][USER[:PASSWORD]@]HOST[:PORT][/]"; user and password can have %XX. "none": host becomes "". False:
 * it is something else, such as a proxy of another kind. */
bool lp_proxy_parse(const char *url, struct lp_carrier_proxy *ret_proxy);
/* True if the list of no_proxy has the host: its name, a domain that it belongs to, its address, or "*". */
bool lp_proxy_is_exempt(const char *no_proxy, const char *host);
/* Takes proxy_given; or, with environment, what https_proxy and no_proxy of the environment say. It says so if
 * https_proxy is of no use here. False: proxy_given is wrong. */
bool lp_proxy_choose(struct lp_peer_options *values, bool environment);
/* True if TCP reaches this endpoint through the proxy. */
bool lp_proxy_leads_to(const struct lp_peer_options *values, size_t endpoint);
/* What the link looks up by this number: an endpoint, or LP_LINK_PROXY. */
void lp_proxy_host(const struct lp_peer_options *values, size_t number, struct lp_host *ret_host);
/* What a stream to the endpoint wants. It points into values. */
void lp_proxy_target(const struct lp_peer_options *values, size_t endpoint,
	struct lp_carrier_target *ret_target);

#endif
