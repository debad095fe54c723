#include "segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FIN_PSH_ACK_CWR 0x99
#define SEQUENCE        0xfffffff0 /* wraps in the first segment */
#define ID              0xffff     /* wraps in the second */
#define TCP_OPTIONS     12

static void put(uint8_t *at, size_t v, size_t size)
{
	while (size > 0) {
		at[--size] = (uint8_t)v;
		v >>= 8;
	}
}

static size_t get(const uint8_t *at, size_t size)
{
	size_t v = 0;
	while (size-- > 0)
		v = v << 8 | *at++;
	return v;
}

static uint32_t sum(const uint8_t *at, size_t len, uint32_t before)
{
	for (size_t i = 0; i < len; i++)
		before += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (before > 0xffff)
		before = (before & 0xffff) + (before >> 16);
	return before;
}

struct sample {
	uint8_t frame[LP_SEGMENT_FRAME_MAX];
	size_t transport, payload, len;
	bool ipv6, udp;
};

enum sample_kind {
	IPV6 = 1,
	UDP = 2,
	WITH_OPTIONS = 4, /* IPv4 options, or an IPv6 extension header */
};

/* Builds a super-frame with data bytes of payload that count up. */
static void make(struct sample *s, unsigned kind, size_t data)
{
	uint8_t *ip = s->frame + 14;
	memset(s, 0, sizeof(*s));
	s->ipv6 = kind & IPV6;
	s->udp = kind & UDP;
	size_t more = kind & WITH_OPTIONS ? 8 : 0;
	s->transport = 14 + (s->ipv6 ? 40u : 20u) + more;
	s->payload = s->transport + (s->udp ? 8 : 20 + TCP_OPTIONS);
	s->len = s->payload + data;
	uint8_t protocol = s->udp ? 17 : 6;
	if (s->ipv6) {
		put(s->frame + 12, 0x86dd, 2);
		ip[0] = 0x60;
		ip[6] = more ? 60 : protocol;
		memset(ip + 8, 0xfd, 32);
		if (more)
			ip[40] = protocol;
	} else {
		put(s->frame + 12, 0x0800, 2);
		ip[0] = (uint8_t)(0x45 + more / 4);
		put(ip + 4, ID, 2);
		ip[6] = 0x40; /* don't fragment */
		ip[8] = 64;
		ip[9] = protocol;
		memset(ip + 12, 0xc0, 8);
		memset(ip + 20, 1, more);
	}
	uint8_t *transport = s->frame + s->transport;
	put(transport, 0x12345678, 4);
	if (s->udp) {
		put(transport + 6, 0x1111, 2);
	} else {
		put(transport + 4, SEQUENCE, 4);
		transport[12] = (20 + TCP_OPTIONS) / 4 << 4;
		transport[13] = FIN_PSH_ACK_CWR;
		memset(transport + 20, 1, TCP_OPTIONS);
	}
	for (size_t i = 0; i < data; i++)
		s->frame[s->payload + i] = (uint8_t)(i * 7);
}

static struct virtio_net_hdr header_of(const struct sample *s, size_t gso_size)
{
	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = s->udp    ? VIRTIO_NET_HDR_GSO_UDP_L4
			    : s->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
				      : VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = (uint16_t)gso_size,
		.csum_start = (uint16_t)s->transport,
		.csum_offset = s->udp ? 6 : 16,
	};
}

struct seen {
	const struct sample *of;
	size_t gso_size, count, offset;
};

static void check_checksums(const struct sample *s, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + 14;
	uint32_t pseudo = s->ipv6 ? sum(ip + 8, 32, 0) : sum(ip + 12, 8, 0);
	pseudo += (uint32_t)(len - s->transport) + (s->udp ? 17 : 6);
	if (!s->ipv6)
		assert_int_equal(sum(ip, s->transport - 14, 0), 0xffff);
	assert_int_equal(sum(frame + s->transport, len - s->transport, pseudo), 0xffff);
}

static void see(void *context, uint8_t *frame, size_t len)
{
	struct seen *seen = context;
	const struct sample *s = seen->of;
	const uint8_t *ip = frame + 14, *transport = frame + s->transport;
	size_t data = len - s->payload;
	bool last = seen->offset + data == s->len - s->payload;
	assert_int_equal(data, last ? s->len - s->payload - seen->offset : seen->gso_size);
	assert_true(data <= seen->gso_size);
	assert_memory_equal(frame + s->payload, s->frame + s->payload + seen->offset, data);
	assert_memory_equal(frame, s->frame, 14);

	if (s->ipv6) {
		assert_int_equal(get(ip + 4, 2), len - 14 - 40);
	} else {
		assert_int_equal(get(ip + 2, 2), len - 14);
		assert_int_equal(get(ip + 4, 2), (ID + seen->count) & 0xffff);
	}
	if (s->udp) {
		assert_int_equal(get(transport + 4, 2), len - s->transport);
	} else {
		uint8_t flags = FIN_PSH_ACK_CWR;
		flags &= (uint8_t)(last ? 0xff : ~0x09);
		flags &= (uint8_t)(seen->count == 0 ? 0xff : ~0x80);
		assert_int_equal(get(transport + 4, 4), (uint32_t)(SEQUENCE + seen->offset));
		assert_int_equal(transport[13], flags);
	}
	check_checksums(s, frame, len);
	seen->offset += data;
	seen->count++;
}

static struct sample sample;
static uint8_t scratch[LP_SEGMENT_FRAME_MAX], copy[LP_SEGMENT_FRAME_MAX];

static const struct {
	size_t data, gso_size, segments;
	const char *story;
} sizes[] = {
	{100, 100, 1, "one full segment"},
	{101, 100, 2, "one byte more is one segment more"},
	{2920, 1460, 2, "two full ones"},
	{4001, 1333, 4, "odd sizes"},
	{64000, 1448, 45, "a whole super-frame"},
	{1, 1448, 1, "a single byte"},
};

static void super_frames_become_segments(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			make(&sample, kind, sizes[i].data);
			struct virtio_net_hdr h = header_of(&sample, sizes[i].gso_size);
			struct seen seen = {.of = &sample, .gso_size = sizes[i].gso_size};
			memcpy(copy, sample.frame, sample.len);
			size_t count = lp_segment(
				&(struct lp_unfinished){&h, copy, sample.len}, scratch, see, &seen);
			assert_int_equal(count, sizes[i].segments);
			assert_int_equal(seen.count, sizes[i].segments);
			assert_int_equal(seen.offset, sizes[i].data);
		}
	}
}

static void a_super_frame_with_ecn_is_segmented(void **state)
{
	(void)state;
	make(&sample, 0, 2000);
	struct virtio_net_hdr h = header_of(&sample, 1000);
	struct seen seen = {.of = &sample, .gso_size = 1000};
	h.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	memcpy(copy, sample.frame, sample.len);
	assert_int_equal(
		lp_segment(&(struct lp_unfinished){&h, copy, sample.len}, scratch, see, &seen), 2);
}

static void expect_no_checksum(void *context, uint8_t *frame, size_t len)
{
	(void)context;
	(void)len;
	assert_int_equal(get(frame + sample.transport + 6, 2), 0);
}

static void udp_without_checksum_stays_without(void **state)
{
	(void)state;
	make(&sample, UDP, 300);
	struct virtio_net_hdr h = header_of(&sample, 100);
	h.flags = 0;
	put(sample.frame + sample.transport + 6, 0, 2);
	assert_int_equal(lp_segment(&(struct lp_unfinished){&h, sample.frame, sample.len}, scratch,
				 expect_no_checksum, NULL),
		3);
}

static void take_checksum(void *context, uint8_t *frame, size_t len)
{
	(void)len;
	*(size_t *)context = get(frame + sample.transport + 6, 2);
}

/* The checksum is zero when the payload contains its complement; RFC 768 sends all ones instead. */
static void a_checksum_of_zero_is_sent_as_all_ones(void **state)
{
	(void)state;
	size_t checksum = 0;
	make(&sample, UDP, 4);
	struct virtio_net_hdr h = header_of(&sample, 100);
	put(sample.frame + sample.payload, 0, 2);
	assert_int_equal(lp_segment(&(struct lp_unfinished){&h, sample.frame, sample.len}, scratch,
				 take_checksum, &checksum),
		1);
	put(sample.frame + sample.payload, checksum, 2);
	assert_int_equal(lp_segment(&(struct lp_unfinished){&h, sample.frame, sample.len}, scratch,
				 take_checksum, &checksum),
		1);
	assert_int_equal(checksum, 0xffff);
}

static void count_only(void *context, uint8_t *frame, size_t len)
{
	(void)frame;
	(void)len;
	++*(size_t *)context;
}

static size_t segments_of(const struct virtio_net_hdr *h, const uint8_t *frame, size_t len)
{
	size_t count = 0;
	/* sized exactly, so that a sanitizer reports an overread */
	uint8_t *exact = malloc(len > 0 ? len : 1);
	assert_non_null(exact);
	memcpy(exact, frame, len);
	size_t n = lp_segment(&(struct lp_unfinished){h, exact, len}, scratch, count_only, &count);
	free(exact);
	assert_int_equal(n, count);
	return n;
}

static void a_truncated_super_frame_is_refused(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		make(&sample, kind, 10);
		struct virtio_net_hdr h = header_of(&sample, 10);
		for (size_t len = 0; len <= sample.payload; len++)
			assert_int_equal(segments_of(&h, sample.frame, len), 0);
		assert_int_equal(segments_of(&h, sample.frame, sample.payload + 1), 1);
	}
}

static void inconsistent_headers_are_refused(void **state)
{
	(void)state;
	make(&sample, 0, 4000);
	const struct virtio_net_hdr good = header_of(&sample, 1000);
	struct virtio_net_hdr h = good;
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 4);

	h.gso_size = 0;
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
	h.gso_size = 1; /* 4000 segments */
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
	h = good;
	h.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
	h.gso_type = VIRTIO_NET_HDR_GSO_UDP; /* fragments of one datagram */
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);

	h = good;
	sample.frame[14] = 0x44; /* an IPv4 header of 16 bytes */
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
	sample.frame[14] = 0x45;
	sample.frame[14 + 7] = 1; /* a later fragment */
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
	sample.frame[14 + 7] = 0;
	sample.frame[sample.transport + 12] = 0x40; /* a TCP header of 16 bytes */
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
	sample.frame[sample.transport + 12] = 0x80;
	put(sample.frame + 12, 0x0806, 2); /* ARP */
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
}

static void expect_checksum(void *context, uint8_t *frame, size_t len)
{
	check_checksums(context, frame, len);
}

static void a_partial_checksum_is_completed(void **state)
{
	(void)state;
	for (unsigned kind = IPV6; kind < 8; kind += 2) { /* IPv6: it has no header checksum */
		make(&sample, kind, 33);
		struct virtio_net_hdr h = header_of(&sample, 0);
		h.gso_type = VIRTIO_NET_HDR_GSO_NONE;
		uint32_t pseudo = sum(sample.frame + 14 + 8, 32, 0);
		pseudo += (uint32_t)(sample.len - sample.transport) + (sample.udp ? 17 : 6);
		put(sample.frame + h.csum_start + h.csum_offset, sum(NULL, 0, pseudo), 2);
		assert_int_equal(lp_segment(&(struct lp_unfinished){&h, sample.frame, sample.len},
					 scratch, expect_checksum, &sample),
			1);
	}
}

static void a_checksum_outside_of_the_frame_is_refused(void **state)
{
	(void)state;
	make(&sample, UDP, 2);
	struct virtio_net_hdr h = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM};
	h.csum_start = (uint16_t)(sample.len - 2);
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 1);
	h.csum_start++;
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
	h.csum_start = 14;
	h.csum_offset = UINT16_MAX;
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
	h = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 13};
	assert_int_equal(segments_of(&h, sample.frame, sample.len), 0);
}

static void an_ordinary_frame_passes_unchanged(void **state)
{
	(void)state;
	make(&sample, UDP, 50);
	struct virtio_net_hdr h = {.flags = VIRTIO_NET_HDR_F_DATA_VALID};
	memcpy(copy, sample.frame, sample.len);
	size_t count = 0;
	assert_int_equal(lp_segment(&(struct lp_unfinished){&h, copy, sample.len}, scratch,
				 count_only, &count),
		1);
	assert_memory_equal(copy, sample.frame, sample.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(super_frames_become_segments),
		cmocka_unit_test(a_super_frame_with_ecn_is_segmented),
		cmocka_unit_test(udp_without_checksum_stays_without),
		cmocka_unit_test(a_checksum_of_zero_is_sent_as_all_ones),
		cmocka_unit_test(a_truncated_super_frame_is_refused),
		cmocka_unit_test(inconsistent_headers_are_refused),
		cmocka_unit_test(a_partial_checksum_is_completed),
		cmocka_unit_test(a_checksum_outside_of_the_frame_is_refused),
		cmocka_unit_test(an_ordinary_frame_passes_unchanged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
