#include "lanparty/wire/control.h"

#include <assert.h>
#include <string.h>

#include "lanparty/base/bytes.h"

/* The encoding of a field's value. */
enum kind {
	INTEGER,   /* a varint from min to max */
	BYTES,     /* size bytes, unchanged */
	TEXT,      /* UTF-8 */
	LIST,      /* at most count elements of size bytes each, unchanged */
	IPV4_LIST, /* the same of IPv4 addresses, which the struct has in host byte order */
};

enum need {
	OPTIONAL,
	REQUIRED,
	FROM_CLIENTS, /* required in a client's HELLO */
};

struct field {
	uint8_t id; /* the first of count consecutive ids */
	enum kind kind;
	enum need need;
	bool lenient;       /* a number above max becomes fallback instead of an error */
	size_t offset;      /* in struct lp_control */
	size_t size;        /* of one value in the struct */
	size_t count;       /* array elements, each with its own id but in lists; zero means one */
	size_t counter;     /* of a list: offset of the size_t that has its number of elements */
	uint64_t min, max;  /* a max of zero means the largest value of size bytes */
	uint64_t otherwise; /* default of an optional integer, or the fallback of a lenient one */
};

#define SIZE_OF(member) sizeof(((struct lp_control *)0)->member)
#define FIELD(number, member)                                                                      \
	.id = (number), .offset = offsetof(struct lp_control, member), .size = SIZE_OF(member)
#define ARRAY(number, member)                                                                      \
	.id = (number), .offset = offsetof(struct lp_control, member), .size = SIZE_OF(member[0]), \
	.count = SIZE_OF(member) / SIZE_OF(member[0])
#define LIST_OF(number, member, number_of)                                                         \
	ARRAY(number, member), .counter = offsetof(struct lp_control, number_of)
#define ROLE .need = REQUIRED, .min = LP_ROLE_CLIENT, .max = LP_ROLE_GATEWAY
#define PEER .need = REQUIRED, .min = 1

#define ONE_MORE(...) +1
#define REJECT_REASON                                                                              \
	.need = REQUIRED, .lenient = true, .max = LP_REJECT_LIST(ONE_MORE) - 1,                    \
	.otherwise = LP_REJECT_OTHER
#define LEAVE_REASON                                                                               \
	.need = REQUIRED, .lenient = true, .max = LP_LEAVE_LIST(ONE_MORE) - 1,                     \
	.otherwise = LP_LEAVE_OTHER

/* Limit of ids: the arrays of drops use 64 to 127 and 128 to 191. */
#define FIELD_IDS 192
static_assert(LP_DROP_COUNT <= 64, "a reason's counters must keep to their range of ids");

#define PROTECTED(member)                                                                          \
	{LIST_OF(12, member.ipv4, member.ipv4_count), .kind = IPV4_LIST},                          \
		{ARRAY(13, member.macs), .kind = BYTES},                                           \
	{                                                                                          \
		ARRAY(21, member.ipv6), .kind = BYTES                                              \
	}

static const struct field hello_fields[] = {
	{FIELD(1, hello.version_min), .need = REQUIRED},
	{FIELD(2, hello.version_max), .need = REQUIRED},
	{FIELD(3, hello.role), ROLE},
	{FIELD(4, hello.room_key), .kind = BYTES, .need = REQUIRED},
	{FIELD(5, hello.mac), .kind = BYTES, .need = FROM_CLIENTS},
	{FIELD(6, hello.name), .kind = TEXT},
	{FIELD(7, hello.datagram_budget), .need = REQUIRED},
	{FIELD(8, hello.mtu), .need = REQUIRED},
	{FIELD(9, hello.capabilities)},
	{FIELD(10, hello.software), .kind = TEXT},
	{FIELD(11, hello.resume_token), .kind = BYTES},
	PROTECTED(hello.protected),
	{FIELD(37, hello.fresh), .max = 1},
	{FIELD(38, hello.host_key), .kind = BYTES},
	{FIELD(39, hello.host_proof), .kind = BYTES},
	{FIELD(40, hello.opening), .kind = BYTES},
	{FIELD(41, hello.member_id), .kind = BYTES},
	{FIELD(42, hello.guest_host), .kind = BYTES},
	{FIELD(43, hello.guest_pass), .kind = BYTES},
};

static const struct field welcome_fields[] = {
	{FIELD(1, welcome.version), .need = REQUIRED},
	{FIELD(2, welcome.room), .need = REQUIRED},
	{FIELD(3, welcome.peer), PEER},
	{FIELD(4, welcome.mtu), .need = REQUIRED},
	{FIELD(5, welcome.gateway_connected), .max = 1},
	{FIELD(6, welcome.keep_alive_ms), .otherwise = LP_KEEP_ALIVE_MS},
	{FIELD(7, welcome.idle_timeout_ms), .otherwise = LP_IDLE_TIMEOUT_MS},
	{FIELD(8, welcome.capabilities)},
	{FIELD(9, welcome.resume_token), .kind = BYTES},
	{FIELD(10, welcome.sequence)},
	{FIELD(11, welcome.resumed), .max = 1},
	{FIELD(12, welcome.byte_rate)},
	{FIELD(13, welcome.byte_burst)},
	{FIELD(14, welcome.group_rate)},
	{FIELD(15, welcome.group_burst)},
	{FIELD(16, welcome.ipv4)},
	{FIELD(17, welcome.prefix), .max = 32},
	{FIELD(18, welcome.host), .kind = BYTES},
};

static const struct field reject_fields[] = {
	{FIELD(1, reject.reason), REJECT_REASON},
	{FIELD(2, reject.text), .kind = TEXT},
	{FIELD(3, reject.steer)},
};

static const struct field peer_joined_fields[] = {
	{FIELD(1, peer_joined.sequence), .need = REQUIRED},
	{FIELD(2, peer_joined.peer), PEER},
	{FIELD(3, peer_joined.role), ROLE},
	{FIELD(4, peer_joined.mac), .kind = BYTES},
	{FIELD(5, peer_joined.name), .kind = TEXT},
	{FIELD(6, peer_joined.host), .kind = BYTES},
};

static const struct field peer_left_fields[] = {
	{FIELD(1, peer_left.sequence), .need = REQUIRED},
	{FIELD(2, peer_left.peer), PEER},
	{FIELD(3, peer_left.reason), LEAVE_REASON},
};

static const struct field peer_status_fields[] = {
	{FIELD(1, peer_status.sequence), .need = REQUIRED},
	{FIELD(2, peer_status.peer), PEER},
	{FIELD(3, peer_status.rtt_us)},
	{FIELD(4, peer_status.loss_permille)},
	{FIELD(5, peer_status.rx_rate)},
	{FIELD(6, peer_status.tx_rate)},
	{FIELD(7, peer_status.loops), .max = 1},
	{FIELD(8, peer_status.conflict), .max = 1},
	{FIELD(9, peer_status.new_lan), .max = 1},
	{FIELD(10, peer_status.name), .kind = TEXT},
	{FIELD(11, peer_status.byte_rate)},
	{FIELD(12, peer_status.byte_burst)},
};

static const struct field stats_fields[] = {
	{FIELD(1, stats.tx_frames), .need = REQUIRED},
	{FIELD(2, stats.tx_bytes), .need = REQUIRED},
	{FIELD(3, stats.rx_frames), .need = REQUIRED},
	{FIELD(4, stats.rx_bytes), .need = REQUIRED},
	{FIELD(5, stats.loops), .max = 1},
	{ARRAY(64, stats.tx_drops)},
	{ARRAY(128, stats.rx_drops)},
};

static const struct field disconnect_fields[] = {
	{FIELD(1, disconnect.reason), LEAVE_REASON},
	{FIELD(2, disconnect.text), .kind = TEXT},
};

static const struct field lan_fields[] = {
	{FIELD(1, lan.replaces), .max = 1},
	{LIST_OF(2, lan.macs, lan.mac_count), .kind = LIST},
	{LIST_OF(3, lan.ipv4, lan.ipv4_count), .kind = IPV4_LIST},
	{LIST_OF(4, lan.ipv6, lan.ipv6_count), .kind = LIST},
	{FIELD(5, lan.moved), .max = 1},
	PROTECTED(lan.protected),
};

static const struct field act_fields[] = {
	{FIELD(1, act.id), .need = REQUIRED},
	{FIELD(2, act.act), .need = REQUIRED, .lenient = true, .max = LP_ACT_LIST(ONE_MORE) - 1,
		.otherwise = LP_ACT_NONE},
	{FIELD(3, act.peer)},
	{FIELD(4, act.name), .kind = TEXT},
};

static const struct field done_fields[] = {
	{FIELD(1, done.id), .need = REQUIRED},
	{FIELD(2, done.acted), .need = REQUIRED, .lenient = true,
		.max = LP_ACTED_LIST(ONE_MORE) - 1, .otherwise = LP_ACTED_UNKNOWN},
};

static const struct layout {
	const char *word;
	const struct field *fields;
	size_t count;
} layouts[] = {
#define LAYOUT(type, name)                                                                         \
	[type] = {#name, name##_fields, sizeof(name##_fields) / sizeof(name##_fields[0])}
	LAYOUT(LP_HELLO, hello),
	LAYOUT(LP_WELCOME, welcome),
	LAYOUT(LP_REJECT, reject),
	LAYOUT(LP_PEER_JOINED, peer_joined),
	LAYOUT(LP_PEER_LEFT, peer_left),
	LAYOUT(LP_PEER_STATUS, peer_status),
	LAYOUT(LP_STATS, stats),
	LAYOUT(LP_DISCONNECT, disconnect),
	LAYOUT(LP_LAN, lan),
#undef LAYOUT
	[LP_HOST_ACT] = {"host_act", act_fields, sizeof(act_fields) / sizeof(act_fields[0])},
	[LP_HOST_DONE] = {"host_done", done_fields, sizeof(done_fields) / sizeof(done_fields[0])},
};

/* NULL: unknown type. */
static const struct layout *find_layout(uint64_t type)
{
	if (type >= sizeof(layouts) / sizeof(layouts[0]) || !layouts[type].word)
		return NULL;
	return &layouts[type];
}

static bool is_list(const struct field *f)
{
	return f->kind == LIST || f->kind == IPV4_LIST;
}

static size_t id_count(const struct field *f)
{
	return f->count > 0 && !is_list(f) ? f->count : 1;
}

static bool is_needed(const struct field *f, const struct lp_control *m)
{
	return f->need == REQUIRED || (f->need == FROM_CLIENTS && m->hello.role == LP_ROLE_CLIENT);
}

/* Integers are stored as 1, 2, 4 or 8 bytes: bool, uint16_t, uint32_t or an enum, uint64_t. */
static void store(void *at, size_t size, uint64_t v)
{
	const uint8_t v8 = (uint8_t)v;
	const uint16_t v16 = (uint16_t)v;
	const uint32_t v32 = (uint32_t)v;
	memcpy(at,
		size == 1   ? &v8
		: size == 2 ? (const void *)&v16
		: size == 4 ? (const void *)&v32
			    : &v,
		size);
}

static uint64_t load(const void *at, size_t size)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;
	switch (size) {
	case 1:
		memcpy(&v8, at, size);
		return v8;
	case 2:
		memcpy(&v16, at, size);
		return v16;
	case 4:
		memcpy(&v32, at, size);
		return v32;
	default:
		memcpy(&v64, at, sizeof(v64));
		return v64;
	}
}

static enum lp_status read_integer(const struct field *f, struct lp_reader *value, void *at)
{
	uint64_t v = lp_read_varint(value);
	uint64_t max = f->max > 0 ? f->max : UINT64_MAX >> (64 - 8 * f->size);
	if (value->failed || lp_reader_left(value) > 0)
		return LP_MALFORMED;
	if (f->lenient && v > max)
		v = f->otherwise;
	if (v < f->min || v > max)
		return LP_INVALID;
	store(at, f->size, v);
	return LP_OK;
}

static enum lp_status read_list(
	const struct field *f, struct lp_reader *value, struct lp_control *m)
{
	uint8_t *at = (uint8_t *)m + f->offset;
	size_t count = lp_reader_left(value) / f->size;
	if (lp_reader_left(value) % f->size != 0)
		return LP_MALFORMED;
	if (count > f->count)
		return LP_INVALID;
	for (size_t i = 0; i < count; i++) {
		if (f->kind == IPV4_LIST)
			store(at + i * f->size, f->size, lp_read_u32(value));
		else
			memcpy(at + i * f->size, lp_read_bytes(value, f->size), f->size);
	}
	memcpy((uint8_t *)m + f->counter, &count, sizeof(count));
	return LP_OK;
}

static enum lp_status read_value(
	const struct field *f, size_t index, struct lp_reader value, struct lp_control *m)
{
	uint8_t *at = (uint8_t *)m + f->offset + index * f->size;
	size_t len = lp_reader_left(&value);
	switch (f->kind) {
	case INTEGER:
		return read_integer(f, &value, at);
	case BYTES:
		if (len != f->size)
			return LP_MALFORMED;
		memcpy(at, value.at, len);
		return LP_OK;
	case TEXT:
		lp_name_copy((char *)at, f->size, (const char *)value.at, len);
		return LP_OK;
	case LIST:
	case IPV4_LIST:
		return read_list(f, &value, m);
	}
	return LP_MALFORMED;
}

static const struct field *find_field(const struct layout *layout, uint64_t id)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct field *f = &layout->fields[i];
		if (id >= f->id && id - f->id < id_count(f))
			return f;
	}
	return NULL;
}

static enum lp_status read_fields(
	const struct layout *layout, struct lp_reader body, struct lp_control *m)
{
	bool seen[FIELD_IDS] = {false};
	while (lp_reader_left(&body) > 0) {
		uint64_t id = lp_read_varint(&body);
		uint64_t len = lp_read_varint(&body);
		if (len > lp_reader_left(&body))
			return LP_MALFORMED;
		const uint8_t *bytes = lp_read_bytes(&body, (size_t)len);
		if (body.failed)
			return LP_MALFORMED;
		const struct field *f = find_field(layout, id);
		if (!f)
			continue;
		if (seen[id])
			return LP_MALFORMED;
		seen[id] = true;
		enum lp_status status =
			read_value(f, (size_t)(id - f->id), lp_reader_of(bytes, (size_t)len), m);
		if (status != LP_OK)
			return status;
	}
	for (size_t i = 0; i < layout->count; i++)
		if (is_needed(&layout->fields[i], m) && !seen[layout->fields[i].id])
			return LP_MALFORMED;
	return LP_OK;
}

enum lp_status lp_control_decode(
	const uint8_t *bytes, size_t len, struct lp_control *ret_message, size_t *ret_used)
{
	struct lp_reader r = lp_reader_of(bytes, len);
	uint64_t type = lp_read_varint(&r);
	uint64_t body_len = lp_read_varint(&r);
	if (r.failed)
		return LP_MORE;
	if (body_len > LP_CONTROL_MAX)
		return LP_TOO_LONG;
	const uint8_t *body = lp_read_bytes(&r, (size_t)body_len);
	if (r.failed)
		return LP_MORE;
	size_t used = len - lp_reader_left(&r);

	const struct layout *layout = find_layout(type);
	if (!layout) {
		*ret_used = used;
		return LP_UNSUPPORTED;
	}
	struct lp_control m = {.type = (enum lp_control_type)type};
	for (size_t i = 0; i < layout->count; i++) {
		const struct field *f = &layout->fields[i];
		if (f->need == OPTIONAL && f->otherwise != 0)
			store((uint8_t *)&m + f->offset, f->size, f->otherwise);
	}
	enum lp_status status = read_fields(layout, lp_reader_of(body, (size_t)body_len), &m);
	if (status == LP_OK && m.type == LP_HELLO && m.hello.version_max < m.hello.version_min)
		status = LP_INVALID;
	if (status != LP_OK)
		return status;
	*ret_message = m;
	*ret_used = used;
	return LP_OK;
}

bool lp_host_is_known(const uint8_t host[LP_HOST_PRINT])
{
	return !lp_is_zero(host, LP_HOST_PRINT);
}

static void write_integer(struct lp_writer *w, uint64_t id, uint64_t v)
{
	lp_write_varint(w, id);
	/* A size of 1, 2, 4 or 8 is encoded as a varint of one byte. */
	lp_write_varint(w, lp_varint_size(v));
	lp_write_varint(w, v);
}

static void write_bytes(struct lp_writer *w, uint64_t id, const void *bytes, size_t len)
{
	lp_write_varint(w, id);
	lp_write_varint(w, len);
	lp_write_bytes(w, bytes, len);
}

static void write_list(struct lp_writer *w, const struct field *f, const struct lp_control *m)
{
	const uint8_t *at = (const uint8_t *)m + f->offset;
	size_t count;
	memcpy(&count, (const uint8_t *)m + f->counter, sizeof(count));
	assert(count <= f->count);
	if (count == 0)
		return;
	lp_write_varint(w, f->id);
	lp_write_varint(w, count * f->size);
	for (size_t i = 0; i < count; i++) {
		if (f->kind == IPV4_LIST)
			lp_write_u32(w, (uint32_t)load(at + i * f->size, f->size));
		else
			lp_write_bytes(w, at + i * f->size, f->size);
	}
}

static void write_field(struct lp_writer *w, const struct field *f, const struct lp_control *m)
{
	bool needed = is_needed(f, m);
	for (size_t i = 0; i < id_count(f); i++) {
		const uint8_t *at = (const uint8_t *)m + f->offset + i * f->size;
		uint64_t id = f->id + i;
		switch (f->kind) {
		case INTEGER:
			if (needed || load(at, f->size) != f->otherwise)
				write_integer(w, id, load(at, f->size));
			break;
		case BYTES:
			if (needed || !lp_is_zero(at, f->size))
				write_bytes(w, id, at, f->size);
			break;
		case TEXT:
			assert(memchr(at, 0, f->size));
			if (*at != 0)
				write_bytes(w, id, at, strlen((const char *)at));
			break;
		case LIST:
		case IPV4_LIST:
			write_list(w, f, m);
			break;
		}
	}
}

size_t lp_control_encode(const struct lp_control *message, uint8_t *bytes, size_t cap)
{
	const struct layout *layout = find_layout(message->type);
	assert(layout);
	uint8_t body[LP_CONTROL_MAX];
	struct lp_writer fields = lp_writer_of(body, sizeof(body));
	for (size_t i = 0; i < layout->count; i++)
		write_field(&fields, &layout->fields[i], message);
	size_t body_len = (size_t)(fields.at - body);

	struct lp_writer w = lp_writer_of(bytes, cap);
	lp_write_varint(&w, message->type);
	lp_write_varint(&w, body_len);
	lp_write_bytes(&w, body, body_len);
	return fields.failed || w.failed ? 0 : (size_t)(w.at - bytes);
}

const char *lp_control_word(enum lp_control_type type)
{
	const struct layout *layout = find_layout(type);
	return layout ? layout->word : "unknown";
}

const char *lp_reject_word(enum lp_reject_reason reason)
{
	switch (reason) {
#define WORD(name, number, word, text)                                                             \
	case LP_REJECT_##name:                                                                     \
		return word;
		LP_REJECT_LIST(WORD)
#undef WORD
	}
	return lp_reject_word(LP_REJECT_OTHER);
}

const char *lp_reject_text(enum lp_reject_reason reason)
{
	switch (reason) {
#define REASON_TEXT(name, number, word, text)                                                      \
	case LP_REJECT_##name:                                                                     \
		return text;
		LP_REJECT_LIST(REASON_TEXT)
#undef REASON_TEXT
	}
	return lp_reject_text(LP_REJECT_OTHER);
}

const char *lp_leave_word(enum lp_leave_reason reason)
{
	switch (reason) {
#define WORD(name, number, word)                                                                   \
	case LP_LEAVE_##name:                                                                      \
		return word;
		LP_LEAVE_LIST(WORD)
#undef WORD
	}
	return lp_leave_word(LP_LEAVE_OTHER);
}
