// SPDX-License-Identifier: BSD-2-Clause
/*
 * Port forwardings as users write them.
 */
/* sources: bhyve/backend/hostfwd.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "bhyve/backend/hostfwd.h"

static struct hostfwd rule;
static char err[256];

static int parse(const char *text)
{
	return hostfwd_parse(&text, &rule, err, sizeof(err));
}

static void ports_alone_forward_all_addresses(void **state)
{
	(void)state;
	assert_int_equal(parse("tcp::2222-:22"), 0);
	assert_false(rule.udp);
	assert_int_equal(rule.family, AF_INET);
	assert_int_equal(rule.host_address.v4.s_addr, htonl(INADDR_ANY));
	assert_int_equal(rule.host_port, 2222);
	assert_int_equal(rule.guest_address.v4.s_addr, htonl(INADDR_ANY));
	assert_int_equal(rule.guest_port, 22);
}

static void addresses_may_stand_in_brackets(void **state)
{
	(void)state;
	assert_int_equal(parse("udp:[127.0.0.1]:53-[10.0.2.20]:5353"), 0);
	assert_true(rule.udp);
	assert_int_equal(rule.host_address.v4.s_addr, inet_addr("127.0.0.1"));
	assert_int_equal(rule.guest_address.v4.s_addr, inet_addr("10.0.2.20"));
	assert_int_equal(rule.guest_port, 5353);
	assert_int_equal(parse("tcp:127.0.0.1:1-10.0.2.20:65535"), 0);
	assert_int_equal(rule.guest_port, 65535);
	assert_int_equal(parse("tcp:[]:1-[]:2"), 0);
}

static void expect_address6(const union hostfwd_address *address, const char *text)
{
	char found[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, address, found, sizeof(found));
	assert_string_equal(found, text);
}

static void one_address_of_ipv6_makes_both_ends_ipv6(void **state)
{
	(void)state;
	assert_int_equal(parse("tcp:[::1]:8081-:80"), 0);
	assert_int_equal(rule.family, AF_INET6);
	expect_address6(&rule.host_address, "::1");
	assert_int_equal(rule.host_port, 8081);
	expect_address6(&rule.guest_address, "::");
	assert_int_equal(rule.guest_port, 80);
	assert_int_equal(parse("udp::53-[fec0::15]:5353"), 0);
	assert_true(rule.udp);
	assert_int_equal(rule.family, AF_INET6);
	expect_address6(&rule.host_address, "::");
	expect_address6(&rule.guest_address, "fec0::15");
	assert_int_equal(parse("tcp:[::]:1-[fe80::1]:2"), 0);
}

static void several_are_joined_by_semicolons(void **state)
{
	const char *text = "tcp::1-:2;udp::3-:4";

	(void)state;
	assert_int_equal(hostfwd_parse(&text, &rule, err, sizeof(err)), 0);
	assert_int_equal(rule.host_port, 1);
	assert_int_equal(hostfwd_parse(&text, &rule, err, sizeof(err)), 0);
	assert_int_equal(rule.host_port, 3);
	assert_string_equal(text, "");
}

static void what_is_no_forwarding_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"tcp",
		"tcp::80",
		"sctp::1-:2",
		"tcp::0-:22",
		"tcp::65536-:22",
		"tcp::22-:0",
		"tcp::22-:",
		"tcp::-1-:22",
		"tcp:: 22-:22",
		"tcp:host:22-:22",
		"tcp:[1.2.3.4:22-:22",
		"tcp::22-:22x",
		"tcp:22-22",
		"tcp:1.2.3:22-:22",
		"tcp::22:23-:1",
		"tcp::1-:2-:3",
		"; tcp::1-:2",
		"tcp::99999999999999999999-:1",
		"tcp:::1:8081-:80",
		"tcp:[::1]:8081-10.0.2.15:80",
		"tcp:127.0.0.1:1-[fec0::1]:2",
		"tcp:[::1%lo]:1-:2",
		"tcp:[::1:1-:2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse(wrong[i]) != -EINVAL)
			fail_msg("\"%s\" was accepted", wrong[i]);
	assert_non_null(strstr(err, "hostfwd=tcp:[::1:1-:2"));
	assert_non_null(strstr(err, "as in tcp::2222-:22"));
}

static void long_text_is_refused(void **state)
{
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(parse(text), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_alone_forward_all_addresses),
		cmocka_unit_test(addresses_may_stand_in_brackets),
		cmocka_unit_test(one_address_of_ipv6_makes_both_ends_ipv6),
		cmocka_unit_test(several_are_joined_by_semicolons),
		cmocka_unit_test(what_is_no_forwarding_is_refused),
		cmocka_unit_test(long_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
