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

/* "ADDR:PORT", "[ADDR]:PORT" or ":PORT"; both brackets and address may be left out. */
static bool parse_end(char *text, struct in_addr *address, uint16_t *port)
{
	char *colon = strrchr(text, ':');
	size_t length;
	char *end;
	long number;

	if (!colon || !isdigit((unsigned char)colon[1]))
		return false;
	number = strtol(colon + 1, &end, 10);
	if (*end || number < 1 || number > 65535)
		return false;
	*port = (uint16_t)number;
	*colon = '\0';
	length = strlen(text);
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = '\0';
		text++;
	}
	address->s_addr = htonl(INADDR_ANY);
	return !*text || inet_pton(AF_INET, text, address) == 1;
}

static bool parse_rule(char *rule, struct hostfwd *out)
{
	char *dash = strchr(rule, '-');

	if (strncmp(rule, "tcp:", 4) != 0 && strncmp(rule, "udp:", 4) != 0)
		return false;
	out->udp = rule[0] == 'u';
	if (!dash)
		return false;
	*dash = '\0';
	return parse_end(rule + 4, &out->host_address, &out->host_port) &&
	       parse_end(dash + 1, &out->guest_address, &out->guest_port);
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
		 "tcp::2222-:22",
		 length > RULE_MAX ? RULE_MAX : (int)length, *text);
	return -EINVAL;
}
