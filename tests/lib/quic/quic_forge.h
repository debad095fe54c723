/* quic_forge.h - packets with frames that no honest QUIC endpoint writes.
 *
 * A program that links this wraps ngtcp2_crypto_encrypt and ngtcp2_crypto_hp_mask (-Wl,--wrap), so every packet
 * of the process passes here before it is encrypted. */
#ifndef LANPARTY_TESTS_QUIC_FORGE_H
#define LANPARTY_TESTS_QUIC_FORGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORGE_MAX    1400
#define FORGE_PACKET (FORGE_MAX + 64)

/* The next packet with at least len bytes of frames carries these instead, and PADDING after them. */
void forge_next(const uint8_t *frames, size_t len);
/* True when a packet has carried them. */
bool forge_is_done(void);
/* Builds a packet with frames and PADDING up to FORGE_MAX bytes of the connection that this process has used
 * last, as ngtcp2 would, but whenever the caller wants to: no congestion control. Returns its length; 0 before
 * the connection has sent a packet with a short header. */
size_t forge_packet(uint8_t packet[FORGE_PACKET], const uint8_t *frames, size_t len);
/* Appends a STREAM frame with one byte to frames at *at: without FIN, for streams below 16384. */
void forge_stream(uint8_t *frames, size_t *at, unsigned stream, unsigned offset);

#endif
