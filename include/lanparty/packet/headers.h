/* headers.h - the one table of packet headers: sizes in bytes, offsets of fields, numbers in fields.
 *
 * Offsets count from the start of the header that the name begins with. Ethernet is in eth.h. */
#ifndef LANPARTY_PACKET_HEADERS_H
#define LANPARTY_PACKET_HEADERS_H

/* ARP for Ethernet and IPv4 (RFC 826) */
#define LP_ARP_SIZE       28
#define LP_ARP_OPERATION  6
#define LP_ARP_SENDER_MAC 8
#define LP_ARP_SENDER_IP  14
#define LP_ARP_TARGET_MAC 18
#define LP_ARP_TARGET_IP  24
#define LP_ARP_REQUEST    1 /* operations */
#define LP_ARP_REPLY      2
#define LP_ARP_REVERSE    3 /* RFC 903: a request */

/* IPv4 (RFC 791, section 3.1) */
#define LP_IPV4_MIN             20 /* size without options */
#define LP_IPV4_LENGTH          2
#define LP_IPV4_ID              4
#define LP_IPV4_FRAGMENT        6
#define LP_IPV4_TTL             8
#define LP_IPV4_PROTOCOL        9
#define LP_IPV4_CHECKSUM        10
#define LP_IPV4_SOURCE          12
#define LP_IPV4_DESTINATION     16
#define LP_IPV4_ADDRESS         4 /* size */
#define LP_IPV4_OPTION_END      0
#define LP_IPV4_OPTION_NOP      1
#define LP_IPV4_OPTION_LSRR     131 /* loose and strict source route */
#define LP_IPV4_OPTION_SSRR     137
#define LP_IPV4_RESERVED        0x8000 /* in the fragment field */
#define LP_IPV4_MORE            0x2000
#define LP_IPV4_FRAGMENT_OFFSET 0x1fff /* in units of 8 bytes */

/* IPv6 (RFC 8200, section 3) */
#define LP_IPV6_HEADER      40
#define LP_IPV6_LENGTH      4
#define LP_IPV6_NEXT        6
#define LP_IPV6_HOP_LIMIT   7
#define LP_IPV6_SOURCE      8
#define LP_IPV6_DESTINATION 24
#define LP_IPV6_ADDRESS     16 /* size */

/* The IPv6 fragment header (RFC 8200, section 4.5) */
#define LP_FRAGMENT_HEADER 8
#define LP_FRAGMENT_PLACE  2
#define LP_FRAGMENT_ID     4
#define LP_FRAGMENT_MORE   0x0001 /* in the offset field */
#define LP_FRAGMENT_OFFSET 0xfff8 /* in bytes */

/* Protocol and next header numbers (IANA) */
#define LP_IP_HOP_BY_HOP  0
#define LP_IP_ICMP        1
#define LP_IP_IGMP        2
#define LP_IP_TCP         6
#define LP_IP_UDP         17
#define LP_IP_ROUTING     43
#define LP_IP_FRAGMENT    44
#define LP_IP_AH          51
#define LP_IP_ICMPV6      58
#define LP_IP_DESTINATION 60
#define LP_IP_EIGRP       88
#define LP_IP_OSPF        89
#define LP_IP_PIM         103
#define LP_IP_VRRP        112 /* CARP uses it too */
#define LP_IP_MOBILITY    135
#define LP_IP_HIP         139
#define LP_IP_SHIM6       140

/* UDP (RFC 768) */
#define LP_UDP_HEADER   8
#define LP_UDP_LENGTH   4
#define LP_UDP_CHECKSUM 6

/* UDP ports (IANA) */
#define LP_PORT_DHCP_SERVER   67
#define LP_PORT_DHCP_CLIENT   68
#define LP_PORT_DHCPV6_CLIENT 546
#define LP_PORT_DHCPV6_SERVER 547
#define LP_PORT_RIP           520
#define LP_PORT_RIPNG         521
#define LP_PORT_HSRP          1985
#define LP_PORT_HSRP_IPV6     2029
#define LP_PORT_GLBP          3222

/* TCP (RFC 9293, section 3.1) */
#define LP_TCP_MIN         20 /* size without options */
#define LP_TCP_SEQUENCE    4
#define LP_TCP_DATA_OFFSET 12 /* high four bits: size of the header in units of 4 bytes */
#define LP_TCP_FLAGS       13
#define LP_TCP_CHECKSUM    16
#define LP_TCP_FIN         0x01 /* flags */
#define LP_TCP_SYN         0x02
#define LP_TCP_PSH         0x08
#define LP_TCP_CWR         0x80
#define LP_TCP_OPTION_END  0 /* options */
#define LP_TCP_OPTION_NOP  1
#define LP_TCP_OPTION_MSS  2

/* ICMP (RFC 792), ICMPv6 (RFC 4443) and IGMP (RFC 3376): no message is shorter */
#define LP_ICMP_MIN                  8
#define LP_ICMP_CHECKSUM             2
#define LP_ICMP_REDIRECT             5    /* RFC 792 */
#define LP_ICMP_ROUTER_ADVERTISEMENT 9    /* RFC 1256 */
#define LP_IGMP_QUERY                0x11 /* RFC 3376 */
#define LP_IGMP_DVMRP                0x13 /* RFC 1075 */
#define LP_IGMP_PIM                  0x14 /* PIM version 1 */
#define LP_IGMP_MRD                  0x30 /* RFC 4286: 0x30 to 0x32 */
#define LP_IGMP_MRD_LAST             0x32
#define LP_MLD_QUERY                 130 /* RFC 3810 */
#define LP_MLD_REPORT                131 /* RFC 2710 */
#define LP_MLD_DONE                  132
#define LP_MLD2_REPORT               143 /* RFC 3810 */
#define LP_ICMPV6_MRD                151 /* RFC 4286: 151 to 153 */
#define LP_ICMPV6_MRD_LAST           153

/* Neighbour discovery (RFC 4861) */
#define LP_ND_ROUTER_SOLICITATION     133
#define LP_ND_ROUTER_ADVERTISEMENT    134
#define LP_ND_NEIGHBOUR_SOLICITATION  135
#define LP_ND_NEIGHBOUR_ADVERTISEMENT 136
#define LP_ND_REDIRECT                137
#define LP_ND_TARGET                  8   /* of a solicitation or advertisement of a neighbour */
#define LP_ND_OPTIONS                 24  /* likewise */
#define LP_ND_HOP_LIMIT               255 /* a smaller one has passed a router */
#define LP_ND_OPTION_HEAD             2   /* type and length */
#define LP_ND_OPTION_UNIT             8   /* bytes that an option's length counts */
#define LP_ND_OPTION_SOURCE           1   /* link-layer addresses */
#define LP_ND_OPTION_TARGET           2
#define LP_ND_OPTION_PREFIX           3
#define LP_ND_OPTION_MTU              5
#define LP_ND_OPTION_EXPERIMENT       253 /* RFC 4727: nobody acts on it */
#define LP_ND_PREFIX_SIZE             32  /* of a prefix option, with the offsets of its fields */
#define LP_ND_PREFIX_LENGTH           2
#define LP_ND_PREFIX_ADDRESS          16
#define LP_RA_MIN                     16 /* a router advertisement without options */
#define LP_RA_FLAGS                   5
#define LP_RA_LIFETIME                6

/* DHCP (RFC 2131, section 2; options: RFC 2132) */
#define LP_DHCP_XID           4
#define LP_DHCP_YIADDR        16
#define LP_DHCP_GIADDR        24
#define LP_DHCP_CHADDR        28
#define LP_DHCP_SERVER_NAME   44
#define LP_DHCP_FILE          108
#define LP_DHCP_COOKIE        236
#define LP_DHCP_COOKIE_VALUE  0x63825363u
#define LP_DHCP_OPTIONS       240
#define LP_DHCP_REQUEST       1 /* op */
#define LP_DHCP_REPLY         2
#define LP_DHCP_PAD           0 /* options */
#define LP_DHCP_MASK          1
#define LP_DHCP_ROUTER        3
#define LP_DHCP_DNS           6
#define LP_DHCP_STATIC_ROUTES 33
#define LP_DHCP_WISH          50 /* the address that a client asks for */
#define LP_DHCP_OVERLOAD      52
#define LP_DHCP_OVERLOAD_FILE 1 /* values of OVERLOAD: which fields hold more options */
#define LP_DHCP_OVERLOAD_NAME 2
#define LP_DHCP_TYPE          53
#define LP_DHCP_OFFER         2 /* values of TYPE */
#define LP_DHCP_DECLINE       4
#define LP_DHCP_ACK           5
#define LP_DHCP_NAK           6
#define LP_DHCP_RELEASE       7
#define LP_DHCP_INFORM        8
#define LP_DHCP_ID            61  /* RFC 2131, section 4.2 */
#define LP_DHCP_ROUTES        121 /* RFC 3442 */
#define LP_DHCP_ROUTES_MS     249 /* the same, Microsoft's number */
#define LP_DHCP_PROXY         252 /* WPAD */
#define LP_DHCP_END           255

#endif
