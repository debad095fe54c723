/* segment.h - completes frames that the kernel hands over before a network card has worked on them:
 * without checksums, or as one super-frame of many TCP segments or UDP packets.
 *
 * Frames of containers and virtual machines on the gateway's own host look like that. It never
 * allocates, and never reads past what it is given. */
#ifndef LANPARTY_GATEWAY_SEGMENT_H
#define LANPARTY_GATEWAY_SEGMENT_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>

#define LP_SEGMENT_FRAME_MAX                                                                       \
	(65535 + 14)         /* the longest super-frame: IPv4's largest, and Ethernet */
#define LP_SEGMENTS_MAX 2048 /* of one super-frame; the kernel's smallest MSS is 48 */

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4 /* kernels since 6.2 say so */
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* A frame as the kernel hands it over. */
struct lp_unfinished {
	const struct virtio_net_hdr *header;
	uint8_t *frame;
	size_t len; /* at most LP_SEGMENT_FRAME_MAX */
};

/* Takes a frame, which it can change in place. */
typedef void lp_frame_sink(void *context, uint8_t *frame, size_t len);

/* Splits a super-frame, or takes an ordinary frame as one, and hands each frame to sink with complete
 * checksums. scratch has LP_SEGMENT_FRAME_MAX bytes and does not overlap the frame. Returns the number of
 * frames; 0 when header and frame contradict each other. */
size_t lp_segment(
	const struct lp_unfinished *from, uint8_t *scratch, lp_frame_sink *sink, void *context);

#endif
