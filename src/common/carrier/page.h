/* page.h - what the relay's end answers to HTTP requests, as whole messages. */
#ifndef LANPARTY_CARRIER_PAGE_H
#define LANPARTY_CARRIER_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/carrier/http.h"

/* The answer to a request, without its body for HEAD. request: NULL if it could not be read. */
const char *lp_page_answer(const struct lp_http_request *request, size_t *ret_len);
/* True when capsules follow that answer. */
bool lp_page_is_upgrade(const char *answer);
/* For somebody who speaks HTTP without TLS to this port. */
extern const char lp_page_not_tls[];

#endif
