/* page.h - what the relay's end answers to HTTP requests, as whole messages. */
#ifndef LANPARTY_CARRIER_PAGE_H
#define LANPARTY_CARRIER_PAGE_H

#include <stdbool.h>

#include "lanparty/carrier/http.h"

/* The request's answer. request: NULL if it could not be read. ret_upgrade: payloads follow it. */
const char *lp_page_answer(const struct lp_http_request *request, bool *ret_upgrade);
/* For somebody who speaks HTTP without TLS to this port. */
extern const char lp_page_not_tls[];

#endif
