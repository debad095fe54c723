/* firewall.h - finds the firewall of this computer that keeps players from a port. Changes nothing. */
#ifndef LANPARTY_HOST_FIREWALL_H
#define LANPARTY_HOST_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes a sentence for the host: which firewall is active, and the command that lets the port in: of UDP
 * and, with tcp, of TCP. Reading the rules of nf_tables needs CAP_NET_ADMIN. */
void lp_firewall_advice(uint16_t port, bool tcp, char *text, size_t cap);

#endif
