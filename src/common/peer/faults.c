#include "faults.h"

#include <string.h>

#include "ends.h"
#include "lanparty/edge/log.h"

enum rank {
	RANK_NOWHERE, /* nothing could be sent */
	RANK_TCP,     /* UDP's failure says more */
	RANK_SILENCE,
	RANK_UNREACHABLE,
	RANK_BLOCKED, /* a firewall, or this computer, refuses */
	RANK_OTHER,   /* over TCP, a proxy or somebody else answers: that can be mended */
	RANK_REFUSED, /* the relay's computer refuses, or the relay does */
	RANK_ANSWERED /* the relay has answered, and cannot be used */
};

static enum rank rank_of_failure(enum lp_send_failure failure)
{
	switch (failure) {
	case LP_SEND_GOOD:
		return RANK_SILENCE;
	case LP_SEND_NO_ROUTE:
	case LP_SEND_NO_FAMILY:
		return RANK_NOWHERE;
	case LP_SEND_UNREACHABLE:
		return RANK_UNREACHABLE;
	case LP_SEND_REFUSED:
		return RANK_REFUSED;
	default:
		return RANK_BLOCKED;
	}
}

static enum rank rank_of_stream(const struct lp_stream_failure *f)
{
	switch (f->end) {
	case LP_STREAM_PROXY:
	case LP_STREAM_PASSWORD:
	case LP_STREAM_NOT_LANPARTY:
		return RANK_OTHER;
	case LP_STREAM_SLOW:
	case LP_STREAM_NO_TCP:
		if (f->proxy)
			return RANK_OTHER; /* it was named for networks like this one */
		return f->failure == LP_SEND_NO_ROUTE ? RANK_NOWHERE : RANK_TCP;
	default:
		return RANK_TCP;
	}
}

static enum rank rank_of(const struct lp_fault *f)
{
	const struct lp_link_end *e = &f->end;
	if (e->no_address)
		return RANK_NOWHERE;
	if (e->no_store || lp_end_is_about_certificate(e->end) || e->end == LP_QUIC_END_ALPN)
		return RANK_ANSWERED;
	if (e->end != LP_QUIC_END_HANDSHAKE)
		return RANK_REFUSED;
	return e->stream ? rank_of_stream(&e->stream_failure) : rank_of_failure(e->failure);
}

void lp_faults_clear(struct lp_faults *faults)
{
	memset(faults->is_set, 0, sizeof(faults->is_set));
}

void lp_faults_note(struct lp_faults *faults, size_t endpoint, const struct lp_fault *fault)
{
	struct lp_fault *kept = &faults->of[endpoint];
	if (faults->is_set[endpoint] && rank_of(kept) >= rank_of(fault))
		return;
	faults->is_set[endpoint] = true;
	*kept = *fault;
}

static void tell(struct lp_faults *faults, size_t i, const struct lp_host *host)
{
	char text[LP_HOST_SHOWN];
	if (strcmp(faults->told[i], faults->of[i].text) == 0)
		return;
	memcpy(faults->told[i], faults->of[i].text, sizeof(faults->told[i]));
	lp_log(LP_LOG_WARNING, "endpoint_failed", "endpoint=%s reason=%s",
		lp_host_format(host, text), faults->of[i].text);
}

void lp_faults_tell(struct lp_faults *faults, const struct lp_peer_options *options, size_t won)
{
	size_t count = lp_peer_endpoints(options);
	bool lost = won == LP_NO_ENDPOINT;
	if (!lost)
		faults->told[won][0] = '\0';
	for (size_t i = 0; i < count && count > 1; i++)
		if (i != won && faults->is_set[i] &&
			(lost || rank_of(&faults->of[i]) >= RANK_BLOCKED))
			tell(faults, i, lp_peer_endpoint(options, i));
}

const struct lp_fault *lp_faults_worst(const struct lp_faults *faults)
{
	const struct lp_fault *worst = NULL;
	for (size_t i = 0; i < LP_ENDPOINTS; i++)
		if (faults->is_set[i] && (!worst || rank_of(&faults->of[i]) > rank_of(worst)))
			worst = &faults->of[i];
	return worst;
}

bool lp_faults_are_final(const struct lp_faults *faults, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!faults->is_set[i] || !faults->of[i].final)
			return false;
	return true;
}
