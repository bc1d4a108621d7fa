// SPDX-License-Identifier: BSD-2-Clause
/*
 * Port forwardings, see hostfwd.h.
 */
#include "bhyve/backend/hostfwd.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE_MAX 127

/* One end: the family is AF_UNSPEC where it has no address. */
struct end {
	int family;
	union hostfwd_address address;
	uint16_t port;
};

static bool parse_port(const char *text, uint16_t *port)
{
	char *end;
	long number;

	if (!isdigit((unsigned char)*text))
		return false;
	number = strtol(text, &end, 10);
	*port = (uint16_t)number;
	return !*end && number >= 1 && number <= 65535;
}

/* "ADDR:PORT", "[ADDR]:PORT" or ":PORT". */
static bool parse_end(char *text, struct end *end)
{
	char *colon = strrchr(text, ':');
	size_t length;
	bool bracketed;

	if (!colon || !parse_port(colon + 1, &end->port))
		return false;
	*colon = '\0';
	length = strlen(text);
	bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
	if (bracketed) {
		text[length - 1] = '\0';
		text++;
	}
	if (!*text)
		return true;
	if (inet_pton(AF_INET, text, &end->address) == 1)
		end->family = AF_INET;
	else if (bracketed && inet_pton(AF_INET6, text, &end->address) == 1)
		end->family = AF_INET6;
	return end->family != AF_UNSPEC;
}

static bool parse_rule(char *rule, struct hostfwd *out)
{
	struct end host = { .family = AF_UNSPEC }, guest = { .family = AF_UNSPEC };
	char *dash = strchr(rule, '-');

	if (!dash || (strncmp(rule, "tcp:", 4) != 0 && strncmp(rule, "udp:", 4) != 0))
		return false;
	*dash = '\0';
	if (!parse_end(rule + 4, &host) || !parse_end(dash + 1, &guest))
		return false;
	if (host.family != AF_UNSPEC && guest.family != AF_UNSPEC && host.family != guest.family)
		return false;
	*out = (struct hostfwd){
		.udp = rule[0] == 'u',
		.family = host.family == AF_INET6 || guest.family == AF_INET6 ? AF_INET6 : AF_INET,
		.host_address = host.address,
		.host_port = host.port,
		.guest_address = guest.address,
		.guest_port = guest.port,
	};
	return true;
}

int hostfwd_parse(const char **text, struct hostfwd *out, char *err, size_t errlen)
{
	size_t length = strcspn(*text, ";");
	char rule[RULE_MAX + 1];

	if (length <= RULE_MAX) {
		memcpy(rule, *text, length);
		rule[length] = '\0';
		if (parse_rule(rule, out)) {
			*text += length + ((*text)[length] == ';');
			return 0;
		}
	}
	snprintf(err, errlen,
		 "hostfwd=%.*s: must be tcp:[HOSTADDR]:PORT-[GUESTADDR]:PORT (or udp:), as in "
		 "tcp::2222-:22 or tcp:[::1]:2222-:22, both ends IPv4 or both IPv6",
		 length > RULE_MAX ? RULE_MAX : (int)length, *text);
	return -EINVAL;
}
