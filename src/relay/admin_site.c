#include "admin_site.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lanparty/edge/linux/loop.h"
#include "metrics.h"
#include "relay_report.h"
#include "relay_view.h"

#define TEXT "text/plain; charset=utf-8"

/* Nothing but the page's own files; no script can turn text into markup. */
#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "                \
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "        \
	"require-trusted-types-for 'script'; trusted-types 'none'"

/* ---- who asks */

static bool is_port(const char *text)
{
	size_t len = *text == ':' ? strspn(text + 1, "0123456789") : 0;
	return *text == '\0' || (len > 0 && len <= 5 && text[1 + len] == '\0');
}

bool admin_host_is_good(const char *host)
{
	char name[INET6_ADDRSTRLEN];
	struct in6_addr address;
	bool v6 = *host == '[';
	const char *first = host + v6;
	size_t len = strcspn(first, v6 ? "]" : ":");
	const char *port = first + len + v6; /* past the ], which must be there */
	if (len >= sizeof(name) || (v6 && first[len] != ']') || !is_port(port))
		return false;
	memcpy(name, first, len);
	name[len] = '\0';
	if (v6)
		return inet_pton(AF_INET6, name, &address) == 1;
	return inet_pton(AF_INET, name, &address) == 1 || strcasecmp(name, "localhost") == 0;
}

struct hosts {
	bool any, bad;
};

static enum MHD_Result look_at_header(
	void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct hosts *h = context;
	(void)kind;
	if (strcasecmp(key, MHD_HTTP_HEADER_HOST) != 0)
		return MHD_YES;
	h->any = true;
	h->bad = h->bad || !value || !admin_host_is_good(value);
	return MHD_YES;
}

static bool is_meant(struct MHD_Connection *connection)
{
	struct hosts hosts = {false, false};
	MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_header, &hosts);
	return hosts.any && !hosts.bad;
}

/* ---- answers */

static bool add_headers(struct MHD_Response *response, const char *type)
{
	const char *const headers[][2] = {
		{"Content-Type", type},
		{"Cache-Control", "no-store"},
		{"Content-Security-Policy", POLICY},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Referrer-Policy", "no-referrer"},
		{"X-Content-Type-Options", "nosniff"},
		{"X-Frame-Options", "DENY"},
		/* One request per connection: then its time is limited. */
		{"Connection", "close"},
	};
	bool good = true;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		good = good &&
		       MHD_add_response_header(response, headers[i][0], headers[i][1]) == MHD_YES;
	return good;
}

/* Bytes that stay. NULL without memory. */
static struct MHD_Response *respond(const void *bytes, size_t len, const char *type)
{
	/* The library does not change them. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
	if (response && !add_headers(response, type)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

static enum MHD_Result say(struct MHD_Connection *connection, unsigned status, const char *sentence)
{
	struct MHD_Response *response = respond(sentence, strlen(sentence), TEXT);
	if (!response)
		return MHD_NO;
	bool good = status != MHD_HTTP_METHOD_NOT_ALLOWED ||
		    MHD_add_response_header(response, "Allow", "GET, HEAD") == MHD_YES;
	enum MHD_Result result = good ? MHD_queue_response(connection, status, response) : MHD_NO;
	MHD_destroy_response(response);
	return result;
}

/* A text that lives until its last reader has it. */
struct body {
	struct admin_site *site;
	struct lp_text text;
};

static void body_free(void *context)
{
	struct body *body = context;
	body->site->held -= body->text.cap;
	lp_text_clear(&body->text);
	free(body);
}

/* Takes the text. NULL: it is too long, or memory is short. */
static struct MHD_Response *respond_with(
	struct admin_site *s, struct lp_text *text, const char *type)
{
	struct body *body = lp_text_get(text) ? malloc(sizeof(*body)) : NULL;
	if (!body) {
		lp_text_clear(text);
		return NULL;
	}
	*body = (struct body){s, *text};
	s->held += text->cap;
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		text->len, text->bytes, body_free, body);
	if (!response)
		body_free(body);
	if (response && !add_headers(response, type)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

static bool write_health(struct admin_site *s, struct lp_text *text)
{
	bool good = true;
	for (size_t i = 0; good && i < workers_count(s->workers); i++) {
		struct ask ask = {.kind = ASK_ALIVE};
		good = workers_ask(s->workers, i, &ask);
	}
	if (good)
		lp_text_put(text, "ok\n");
	return good;
}

static lp_time used_cpu(void)
{
	struct timespec used = {0};
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (lp_time)used.tv_sec * LP_SECOND + (lp_time)used.tv_nsec;
}

static bool write_view(struct admin_site *s, enum admin_view view, struct lp_text *text)
{
	struct relay_view all = {.shows_addresses = s->shows_addresses, .shows_members = true};
	const struct metrics_process process = {s->started, used_cpu()};
	bool good = relay_view_take(&all, s->workers);
	if (good && view == ADMIN_METRICS)
		metrics_write(&all, &process, text);
	else if (good)
		relay_report_json(&all, text);
	relay_view_clear(&all);
	return good;
}

bool admin_is_old(const struct admin_made *made, lp_time now)
{
	return made->at == 0 || now - made->at >= ADMIN_FRESH;
}

bool admin_can_make(const struct admin_site *s, enum admin_view view)
{
	return view == ADMIN_HEALTH || s->held <= ADMIN_HELD;
}

static void make(struct admin_site *s, enum admin_view view)
{
	static const char *const types[] = {[ADMIN_STATUS] = "application/json",
		[ADMIN_METRICS] = "text/plain; version=0.0.4; charset=utf-8",
		[ADMIN_HEALTH] = TEXT};
	struct admin_made *made = &s->made[view];
	struct lp_text text;
	lp_text_init(&text, ADMIN_ANSWER);
	bool good = admin_can_make(s, view);
	if (good)
		good = view == ADMIN_HEALTH ? write_health(s, &text) : write_view(s, view, &text);
	if (!good)
		lp_text_put(&text, "%s\n", RELAY_VIEW_MISSING);
	made->status = good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
	made->response = respond_with(s, &text, good ? types[view] : TEXT);
	made->at = lp_clock();
}

static enum MHD_Result show(
	struct admin_site *s, struct MHD_Connection *connection, enum admin_view view)
{
	struct admin_made *made = &s->made[view];
	if (admin_is_old(made, lp_clock())) {
		if (made->response)
			MHD_destroy_response(made->response); /* readers still have it */
		make(s, view);
	}
	if (!made->response)
		return say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, RELAY_VIEW_MISSING "\n");
	return MHD_queue_response(connection, made->status, made->response);
}

enum MHD_Result admin_site_answer(struct admin_site *s, struct MHD_Connection *connection,
	const char *path, const char *method)
{
	static const char *const views[ADMIN_VIEWS] = {[ADMIN_STATUS] = "/api/v1/status",
		[ADMIN_METRICS] = "/metrics",
		[ADMIN_HEALTH] = "/healthz"};
	if (!is_meant(connection))
		return say(connection, MHD_HTTP_MISDIRECTED_REQUEST,
			"Use the relay's IP address or localhost in the URL, not a name.\n");
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			"This page only shows: use GET or HEAD.\n");
	for (size_t i = 0; i < PAGE_FILES; i++)
		if (strcmp(path, page_files[i].path) == 0)
			return MHD_queue_response(connection, MHD_HTTP_OK, s->files[i]);
	for (int i = 0; i < ADMIN_VIEWS; i++)
		if (strcmp(path, views[i]) == 0)
			return show(s, connection, (enum admin_view)i);
	return say(connection, MHD_HTTP_NOT_FOUND,
		"There is nothing here: try /, /metrics, /healthz or /api/v1/status.\n");
}

bool admin_site_init(struct admin_site *s)
{
	bool good = true;
	memset(s, 0, sizeof(*s));
	s->started = (int64_t)time(NULL);
	for (size_t i = 0; i < PAGE_FILES; i++) {
		const struct page_file *file = &page_files[i];
		s->files[i] = respond(file->bytes, file->len, file->type);
		good = good && s->files[i];
	}
	return good;
}

void admin_site_clear(struct admin_site *s)
{
	for (size_t i = 0; i < PAGE_FILES; i++)
		if (s->files[i])
			MHD_destroy_response(s->files[i]);
	for (int i = 0; i < ADMIN_VIEWS; i++)
		if (s->made[i].response)
			MHD_destroy_response(s->made[i].response);
	memset(s, 0, sizeof(*s));
}
