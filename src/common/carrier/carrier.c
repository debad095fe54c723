#include "lanparty/carrier/carrier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/carrier/capsule.h"
#include "page.h"

#define LP_TLS_HANDSHAKE 0x16 /* first byte of a TLS connection (RFC 8446, section 5.1) */
#define LP_PORT_TEXT     8    /* ":65535" with its NUL */
/* A request to a proxy has the longest texts: host and port twice, and the authorization. */
#define LP_REQUEST_MAX (2 * LP_HOST_MAX + LP_CARRIER_AUTHORIZATION_MAX + 256)

enum step {
	STEP_FIRST_BYTE, /* the relay's end: is it TLS at all? */
	STEP_PROXY,      /* the proxy's answer comes */
	STEP_TLS,
	STEP_HEAD, /* the other end's request or answer comes */
	STEP_CAPSULES,
};

struct lp_carrier {
	bool server;
	enum lp_carrier_state state;
	enum lp_carrier_fault fault;
	unsigned status;
	enum step step;
	struct lp_tls_stream *tls;
	/* Bytes that are sent before TLS: to a proxy, or to somebody who does not speak TLS. */
	char *plain;
	size_t plain_len, plain_sent;
	char *request; /* the member's, until TLS is up */
	uint8_t *head; /* LP_HTTP_HEAD_MAX bytes, while a head comes */
	size_t head_len;
	int64_t spare; /* bytes that the other end can send */
	lp_carrier_sink *sink;
	void *context;
	struct lp_capsule_reader capsules;
	size_t queued;
	uint8_t queue[LP_CARRIER_QUEUE_MAX];
};

static void fail(struct lp_carrier *c, enum lp_carrier_fault fault, unsigned status)
{
	if (c->state == LP_CARRIER_FAILED || c->state == LP_CARRIER_CLOSING)
		return;
	c->state = LP_CARRIER_FAILED;
	c->fault = fault;
	c->status = status;
}

/* HOST:PORT as HTTP has it: an IPv6 address gets brackets. */
static void write_authority(char *text, size_t cap, const char *host, uint16_t port)
{
	bool ipv6 = strchr(host, ':') != NULL;
	snprintf(text, cap, "%s%s%s:%u", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port);
}

static char *upgrade_request(const char *name, uint16_t port)
{
	char authority[LP_HOST_MAX + 2 + LP_PORT_TEXT];
	char *text = malloc(LP_REQUEST_MAX);
	write_authority(authority, sizeof authority, name, port);
	if (text)
		snprintf(text, LP_REQUEST_MAX,
			"GET " LP_CARRIER_PATH " HTTP/1.1\r\n"
			"Host: %s\r\n"
			"Connection: Upgrade\r\n"
			"Upgrade: connect-udp\r\n"
			"Capsule-Protocol: ?1\r\n\r\n",
			authority);
	return text;
}

static char *proxy_request(const struct lp_carrier_target *target)
{
	const char *secret = target->proxy->authorization;
	char authority[LP_HOST_MAX + 2 + LP_PORT_TEXT];
	char *text = malloc(LP_REQUEST_MAX);
	write_authority(authority, sizeof authority, target->host, target->port);
	if (text)
		snprintf(text, LP_REQUEST_MAX,
			"CONNECT %s HTTP/1.1\r\n"
			"Host: %s\r\n"
			"%s%s%s\r\n",
			authority, authority, secret[0] ? "Proxy-Authorization: Basic " : "",
			secret, secret[0] ? "\r\n" : "");
	return text;
}

/* Nothing that could end its line of a request. */
static bool is_host(const char *text)
{
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	return len > 0 && len <= LP_HOST_MAX;
}

static struct lp_carrier *new_carrier(bool server)
{
	struct lp_carrier *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->server = server;
	c->spare = LP_CARRIER_OVERHEAD_MAX;
	c->head = malloc(LP_HTTP_HEAD_MAX);
	if (c->head)
		return c;
	lp_carrier_free(c);
	return NULL;
}

struct lp_carrier *lp_carrier_connect(const struct lp_carrier_target *target)
{
	bool named = target->server_name && target->server_name[0] != '\0';
	const char *name = named ? target->server_name : target->host;
	if (!is_host(name) || !is_host(target->host))
		return NULL;
	struct lp_carrier *c = new_carrier(false);
	if (!c)
		return NULL;
	c->step = target->proxy ? STEP_PROXY : STEP_TLS;
	c->tls = lp_tls_stream_connect(name);
	c->request = upgrade_request(name, target->port);
	if (target->proxy)
		c->plain = proxy_request(target);
	c->plain_len = c->plain ? strlen(c->plain) : 0; /* also to wipe it */
	if (c->tls && c->request && (!target->proxy || c->plain))
		return c;
	lp_carrier_free(c);
	return NULL;
}

struct lp_carrier *lp_carrier_accept(struct lp_identity *identity)
{
	struct lp_carrier *c = new_carrier(true);
	if (!c)
		return NULL;
	c->tls = lp_tls_stream_accept(identity);
	if (c->tls)
		return c;
	lp_carrier_free(c);
	return NULL;
}

static void drop_plain(struct lp_carrier *c)
{
	if (c->plain)
		lp_zero_free(c->plain, c->plain_len); /* it has the proxy's password */
	c->plain = NULL;
	c->plain_len = c->plain_sent = 0;
}

static void drop_head(struct lp_carrier *c)
{
	free(c->head);
	c->head = NULL;
}

void lp_carrier_free(struct lp_carrier *c)
{
	if (!c)
		return;
	lp_tls_stream_free(c->tls);
	drop_plain(c);
	drop_head(c);
	free(c->request);
	free(c);
}

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	struct lp_carrier *c = context;
	c->spare += (int64_t)(LP_CARRIER_RATIO + 1) * (int64_t)len;
	if (c->spare > LP_CARRIER_OVERHEAD_MAX)
		c->spare = LP_CARRIER_OVERHEAD_MAX;
	if (c->state == LP_CARRIER_OPEN)
		c->sink(c->context, payload, len);
}

static void read_capsules(struct lp_carrier *c, const uint8_t *bytes, size_t len)
{
	enum lp_capsule_fault fault = lp_capsule_read(&c->capsules, bytes, len, on_payload, c);
	if (fault != LP_CAPSULE_GOOD)
		fail(c, fault == LP_CAPSULE_TOO_LONG ? LP_CARRIER_TOO_MUCH : LP_CARRIER_SYNTAX, 0);
}

static void become_open(struct lp_carrier *c)
{
	drop_head(c);
	c->state = LP_CARRIER_OPEN;
	c->step = STEP_CAPSULES;
}

static void answer(struct lp_carrier *c, const struct lp_http_request *request)
{
	size_t len;
	const char *text = lp_page_answer(request, &len);
	lp_tls_stream_write(c->tls, (const uint8_t *)text, len);
	if (lp_page_is_upgrade(text))
		become_open(c);
	else
		lp_carrier_close(c);
}

/* Answers before the last one (RFC 9110, section 15.2): nothing follows from them. */
static bool is_interim(const struct lp_http_response *response)
{
	return response->status < 200 && response->status != 101;
}

static void take_response(struct lp_carrier *c, const struct lp_http_response *response)
{
	if (response->status == 101 && response->fields.upgrade && response->fields.capsules)
		become_open(c);
	else if (!is_interim(response))
		fail(c, LP_CARRIER_NOT_LANPARTY, response->status);
}

static void take_proxy_response(struct lp_carrier *c, const struct lp_http_response *response)
{
	if (response->status == 407)
		fail(c, LP_CARRIER_PROXY_AUTH, response->status);
	else if (response->status / 100 == 2)
		c->step = STEP_TLS;
	else if (!is_interim(response))
		fail(c, LP_CARRIER_PROXY, response->status);
}

static void take_head(struct lp_carrier *c, size_t len)
{
	struct lp_http_request request;
	struct lp_http_response response;
	if (c->server)
		answer(c, lp_http_read_request(c->head, len, &request) ? &request : NULL);
	else if (!lp_http_read_response(c->head, len, &response))
		fail(c, LP_CARRIER_SYNTAX, 0);
	else if (c->step == STEP_PROXY)
		take_proxy_response(c, &response);
	else
		take_response(c, &response);
}

/* Takes bytes of a head. Returns how many: those behind the head belong to what follows. */
static size_t gather_head(struct lp_carrier *c, const uint8_t *bytes, size_t len)
{
	size_t before = c->head_len;
	size_t n = len < LP_HTTP_HEAD_MAX - before ? len : LP_HTTP_HEAD_MAX - before;
	memcpy(c->head + before, bytes, n);
	size_t head = lp_http_head_len(c->head, before + n, before);
	c->head_len = head ? 0 : before + n;
	if (head)
		take_head(c, head);
	else if (c->head_len == LP_HTTP_HEAD_MAX && c->server)
		answer(c, NULL);
	else if (c->head_len == LP_HTTP_HEAD_MAX)
		fail(c, LP_CARRIER_TOO_MUCH, 0);
	return head ? head - before : n;
}

static bool goes_on(const struct lp_carrier *c)
{
	return c->state == LP_CARRIER_OPENING || c->state == LP_CARRIER_OPEN;
}

/* TLS is up: the member asks. */
static void begin_http(struct lp_carrier *c)
{
	c->step = STEP_HEAD;
	if (c->request)
		lp_tls_stream_write(c->tls, (const uint8_t *)c->request, strlen(c->request));
	free(c->request);
	c->request = NULL;
}

static void on_plaintext(void *context, const uint8_t *bytes, size_t len)
{
	struct lp_carrier *c = context;
	if (c->step == STEP_TLS)
		begin_http(c); /* it came together with the end of the handshake */
	while (len > 0 && goes_on(c)) {
		size_t n = len;
		if (c->step == STEP_HEAD)
			n = gather_head(c, bytes, len);
		else
			read_capsules(c, bytes, len);
		bytes += n;
		len -= n;
	}
}

/* What became of TLS by what was read or written. */
static void follow_tls(struct lp_carrier *c)
{
	switch (lp_tls_stream_state(c->tls)) {
	case LP_TLS_STREAM_HANDSHAKE:
	case LP_TLS_STREAM_UP:
		break;
	case LP_TLS_STREAM_CLOSED:
		if (c->state == LP_CARRIER_OPEN || c->server)
			lp_carrier_close(c);
		else
			fail(c, LP_CARRIER_NOT_LANPARTY, 0);
		break;
	case LP_TLS_STREAM_FAILED:
		fail(c, LP_CARRIER_TLS, 0);
		if (c->server && c->fault == LP_CARRIER_TLS)
			c->state = LP_CARRIER_CLOSING; /* the alert tells a browser why */
		break;
	case LP_TLS_STREAM_NO_MEMORY:
		fail(c, LP_CARRIER_MEMORY, 0);
		break;
	}
}

static void read_tls(struct lp_carrier *c, const uint8_t *bytes, size_t len)
{
	lp_tls_stream_read(c->tls, bytes, len, on_plaintext, c);
	if (c->step == STEP_TLS && lp_tls_stream_state(c->tls) == LP_TLS_STREAM_UP)
		begin_http(c);
	follow_tls(c);
}

static void read_first_byte(struct lp_carrier *c, uint8_t byte)
{
	c->step = STEP_TLS;
	if (byte == LP_TLS_HANDSHAKE)
		return;
	if (byte < 'A' || byte > 'Z') {
		fail(c, LP_CARRIER_TLS, 0);
		return;
	}
	c->plain_len = strlen(lp_page_not_tls);
	c->plain = malloc(c->plain_len);
	if (c->plain)
		memcpy(c->plain, lp_page_not_tls, c->plain_len);
	else
		c->plain_len = 0;
	c->state = LP_CARRIER_CLOSING;
	c->fault = LP_CARRIER_TLS;
}

void lp_carrier_read(struct lp_carrier *c, const uint8_t *bytes, size_t len, lp_carrier_sink *sink,
	void *context)
{
	c->sink = sink;
	c->context = context;
	c->spare -= (int64_t)len;
	if (len > 0 && c->server && c->step == STEP_FIRST_BYTE)
		read_first_byte(c, bytes[0]);
	while (len > 0 && goes_on(c)) {
		size_t n = len;
		if (c->step == STEP_PROXY)
			n = gather_head(c, bytes, len);
		else
			read_tls(c, bytes, len);
		bytes += n;
		len -= n;
	}
	if (c->spare < 0)
		fail(c, LP_CARRIER_TOO_MUCH, 0);
}

void lp_carrier_read_end(struct lp_carrier *c)
{
	if (c->state == LP_CARRIER_OPEN || c->server)
		fail(c, LP_CARRIER_NO_FAULT, 0);
	else if (c->step == STEP_PROXY)
		fail(c, LP_CARRIER_PROXY, 0);
	else
		fail(c, c->step == STEP_TLS ? LP_CARRIER_TLS : LP_CARRIER_NOT_LANPARTY, 0);
}

/* Bytes of payloads that wait, with what they cost. */
static size_t waiting(const struct lp_carrier *c)
{
	size_t encrypted;
	lp_tls_stream_pending(c->tls, &encrypted);
	return c->queued + encrypted;
}

bool lp_carrier_takes(const struct lp_carrier *c)
{
	return c->state == LP_CARRIER_OPEN &&
	       waiting(c) + 2 * LP_CARRIER_PAYLOAD_COST <= LP_CARRIER_QUEUE_MAX;
}

bool lp_carrier_put(struct lp_carrier *c, const uint8_t *payload, size_t len)
{
	if (c->state != LP_CARRIER_OPEN || len == 0 || len > LP_PAYLOAD_MAX ||
		waiting(c) + LP_CARRIER_PAYLOAD_COST > LP_CARRIER_QUEUE_MAX)
		return false;
	c->queued += lp_capsule_head(c->queue + c->queued, len);
	memcpy(c->queue + c->queued, payload, len);
	c->queued += len;
	return true;
}

static void encrypt_queue(struct lp_carrier *c)
{
	if (c->queued == 0 || c->state == LP_CARRIER_FAILED)
		return;
	lp_tls_stream_write(c->tls, c->queue, c->queued);
	c->queued = 0;
	follow_tls(c);
}

const uint8_t *lp_carrier_pending(struct lp_carrier *c, size_t *ret_len)
{
	*ret_len = c->plain_len - c->plain_sent;
	if (*ret_len > 0)
		return (const uint8_t *)c->plain + c->plain_sent;
	*ret_len = 0;
	if (c->step == STEP_PROXY || c->step == STEP_FIRST_BYTE)
		return NULL;
	encrypt_queue(c);
	return lp_tls_stream_pending(c->tls, ret_len);
}

void lp_carrier_sent(struct lp_carrier *c, size_t len)
{
	if (!c->plain) {
		lp_tls_stream_sent(c->tls, len);
		return;
	}
	c->plain_sent += len;
	if (c->plain_sent == c->plain_len)
		drop_plain(c);
}

void lp_carrier_close(struct lp_carrier *c)
{
	if (!goes_on(c))
		return;
	c->state = LP_CARRIER_CLOSING;
	encrypt_queue(c);
	lp_tls_stream_close(c->tls);
}

enum lp_carrier_state lp_carrier_state(const struct lp_carrier *c)
{
	return c->state;
}

enum lp_carrier_fault lp_carrier_fault(const struct lp_carrier *c, unsigned *ret_status)
{
	if (ret_status)
		*ret_status = c->status;
	return c->fault;
}
