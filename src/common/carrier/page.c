#include "page.h"

#include <string.h>

#include "lanparty/carrier/carrier.h"

/* Nothing of the page is loaded from anywhere, run, framed or kept. */
#define FIELDS                                                                                     \
	"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri "        \
	"'none'; "                                                                                 \
	"form-action 'none'; frame-ancestors 'none'\r\n"                                           \
	"X-Content-Type-Options: nosniff\r\n"                                                      \
	"Referrer-Policy: no-referrer\r\n"                                                         \
	"Cache-Control: no-store\r\n"                                                              \
	"Connection: close\r\n"
#define HTML  "Content-Type: text/html; charset=utf-8\r\n"
#define PLAIN "Content-Type: text/plain; charset=utf-8\r\n"

#define PAGE                                                                                       \
	"<!DOCTYPE html>\n"                                                                        \
	"<html lang=\"en\">\n"                                                                     \
	"<meta charset=\"utf-8\">\n"                                                               \
	"<meta name=\"viewport\" content=\"width=device-width\">\n"                                \
	"<meta name=\"color-scheme\" content=\"light dark\">\n"                                    \
	"<meta name=\"robots\" content=\"noindex\">\n"                                             \
	"<title>lanparty relay</title>\n"                                                          \
	"<style>body{font:1.1em/1.5 sans-serif;max-width:36em;margin:4em auto;padding:0 1em}"      \
	"</style>\n"                                                                               \
	"<h1>This is a lanparty relay</h1>\n"                                                      \
	"<p>It connects computers of players into one LAN, so that games find each other.</p>\n"   \
	"<p>To join: ask the host of your party for an invite, and open it with the lanparty "     \
	"client. A browser cannot join.</p>\n"

_Static_assert(sizeof PAGE - 1 == 555, "Content-Length of the page");

static const char page[] = "HTTP/1.1 200 OK\r\n" HTML "Content-Length: 555\r\n" FIELDS "\r\n" PAGE;
static const char upgrade[] = "HTTP/1.1 101 Switching Protocols\r\n"
			      "Connection: Upgrade\r\n"
			      "Upgrade: connect-udp\r\n"
			      "Capsule-Protocol: ?1\r\n\r\n";
static const char bad[] =
	"HTTP/1.1 400 Bad Request\r\n" PLAIN "Content-Length: 12\r\n" FIELDS "\r\nBad request\n";
static const char missing[] =
	"HTTP/1.1 404 Not Found\r\n" PLAIN "Content-Length: 10\r\n" FIELDS "\r\nNot found\n";
static const char not_allowed[] = "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n" PLAIN
				  "Content-Length: 12\r\n" FIELDS "\r\nNot allowed\n";
static const char upgrade_required[] =
	"HTTP/1.1 426 Upgrade Required\r\nUpgrade: connect-udp\r\n" PLAIN "Content-Length: 17\r\n"
	"Cache-Control: no-store\r\nConnection: Upgrade, close\r\n\r\nUpgrade required\n";

const char lp_page_not_tls[] = "HTTP/1.1 400 Bad Request\r\n" PLAIN "Content-Length: 29\r\n" FIELDS
			       "\r\nThis port speaks HTTPS only.\n";

static const char *choose(const struct lp_http_request *request)
{
	if (!request || request->fields.body)
		return bad;
	if (request->method == LP_HTTP_OTHER)
		return not_allowed;
	if (lp_http_text_is(&request->target, "/"))
		return page;
	if (!lp_http_text_is(&request->target, LP_CARRIER_PATH))
		return missing;
	bool complete = request->fields.upgrade && request->fields.capsules;
	return complete && request->method == LP_HTTP_GET ? upgrade : upgrade_required;
}

const char *lp_page_answer(const struct lp_http_request *request, size_t *ret_len)
{
	const char *text = choose(request);
	bool head = request && request->method == LP_HTTP_HEAD;
	*ret_len = head ? (size_t)(strstr(text, "\r\n\r\n") - text) + 4 : strlen(text);
	return text;
}

bool lp_page_is_upgrade(const char *answer)
{
	return answer == upgrade;
}
