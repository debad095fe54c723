/* segment.h - finishes frames that the kernel hands over as a network card would get them: without
 * checksums, or as one super-frame of many TCP segments or UDP datagrams.
 *
 * Frames of containers and virtual machines on the gateway's own host look like that: no card has
 * had its turn yet. It never allocates, and never reads past what it is given. */
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

/* A frame that may be changed in place. */
typedef void lp_frame_sink(void *context, uint8_t *frame, size_t len);

/* Hands the frames that frame stands for to sink, with good checksums, and returns how many; 0 when
 * header and frame do not fit together. scratch: LP_SEGMENT_FRAME_MAX bytes, apart from frame.
 * len <= LP_SEGMENT_FRAME_MAX. */
size_t lp_segment(const struct virtio_net_hdr *header, uint8_t *frame, size_t len, uint8_t *scratch,
	lp_frame_sink *sink, void *context);

#endif
