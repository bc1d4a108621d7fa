/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Port forwardings of user-mode networking, as a user writes them.
 */
#ifndef BHYVE_BACKEND_HOSTFWD_H
#define BHYVE_BACKEND_HOSTFWD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address of the rule's family; all zero: every one of the host, the guest's own. */
union hostfwd_address {
	struct in_addr v4;
	struct in6_addr v6;
};

struct hostfwd {
	bool udp;
	int family; /* AF_INET or AF_INET6, of both ends */
	union hostfwd_address host_address;
	uint16_t host_port; /* host byte order, as guest_port; 1 to 65535 */
	union hostfwd_address guest_address;
	uint16_t guest_port;
};

/*
 * Reads the first of "tcp:[ADDR]:PORT-[ADDR]:PORT;udp:..." and moves *text behind it and its ';'.
 * An address of IPv6 stands in brackets, which one of IPv4 may do; without an address at either end
 * it is IPv4. 0, or -EINVAL with one line in err.
 */
int hostfwd_parse(const char **text, struct hostfwd *out, char *err, size_t errlen);

#endif
