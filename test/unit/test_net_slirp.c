// SPDX-License-Identifier: BSD-2-Clause
/*
 * User-mode networking: the test is the guest and speaks Ethernet to libslirp.
 */
/* sources: bhyve/backend/net.c bhyve/backend/net_slirp.c bhyve/backend/net_tap.c */
/* sources: bhyve/backend/hostfwd.c bhyve/device/iov.c test/unit/fake_vm.c bhyve/mevent.c */
/* sources: bhyve/mmio.c bhyve/config.c bhyve/config_file.c */
/* libs: -lslirp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bhyve/backend/net.h"
#include "fake_vm.h"

#define ARP_REQUEST 1
#define ARP_REPLY   2

struct __attribute__((packed)) arp_frame {
	uint8_t to[6], from[6];
	uint16_t type;
	uint16_t hardware, protocol;
	uint8_t hardware_size, protocol_size;
	uint16_t operation;
	uint8_t sender[6];
	uint32_t sender_ip;
	uint8_t target[6];
	uint32_t target_ip;
};

static const uint8_t guest_mac[] = { 2, 0, 0, 0, 0, 1 };

static struct net *net;
/* What is behind the Ethernet header is aligned. */
static uint8_t buffer[2 + NET_FRAME_MAX] __attribute__((aligned(4)));
static uint8_t *const frame = buffer + 2;
static size_t frame_length;
static unsigned called;
static unsigned dropped;

static void frames_come(void *arg)
{
	(void)arg;
	called++;
}

static void frames_dropped(void *arg, unsigned count)
{
	(void)arg;
	dropped += count;
}

static int open_net(const char *hostfwd, char *err, size_t errlen)
{
	const struct net_options options = {
		.backend = "slirp",
		.hostfwd = hostfwd,
		.mac = { 2, 0, 0, 0, 0, 1 },
		.dropped = frames_dropped,
	};

	return net_open(&options, frames_come, NULL, &net, err, errlen);
}

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	net = NULL;
	called = dropped = 0;
	return open_net(NULL, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	net_close(net);
	fake_vm_stop();
	return 0;
}

static void send_frame(const void *bytes, size_t length)
{
	struct iovec iov = { (void *)(uintptr_t)bytes, length };

	net_send(net, &iov, 1);
}

static bool next_frame(void *arg)
{
	(void)arg;
	frame_length = (size_t)net_receive(net, frame, NET_FRAME_MAX);
	return frame_length > 0;
}

static struct arp_frame arp(uint16_t operation, const char *from, const char *to)
{
	struct arp_frame request = {
		.type = htons(ETHERTYPE_ARP),
		.hardware = htons(1),
		.protocol = htons(ETHERTYPE_IP),
		.hardware_size = 6,
		.protocol_size = 4,
		.operation = htons(operation),
		.sender_ip = inet_addr(from),
		.target_ip = inet_addr(to),
	};

	memset(request.to, 0xff, 6);
	memcpy(request.from, guest_mac, 6);
	memcpy(request.sender, guest_mac, 6);
	return request;
}

static void router_answers_who_has(void **state)
{
	struct arp_frame request = arp(ARP_REQUEST, "10.0.2.15", "10.0.2.2");
	const struct arp_frame *reply = (const struct arp_frame *)(const void *)frame;

	(void)state;
	send_frame(&request, sizeof(request));
	assert_true(fake_wait(next_frame, NULL));
	assert_true(frame_length >= sizeof(*reply));
	assert_int_equal(reply->type, htons(ETHERTYPE_ARP));
	assert_int_equal(reply->operation, htons(ARP_REPLY));
	assert_int_equal(reply->sender_ip, inet_addr("10.0.2.2"));
	assert_memory_equal(reply->target, guest_mac, 6);
}

static void callback_comes_only_when_wanted(void **state)
{
	struct arp_frame request = arp(ARP_REQUEST, "10.0.2.15", "10.0.2.2");

	(void)state;
	send_frame(&request, sizeof(request));
	fake_settle();
	assert_int_equal(called, 0);
	net_want(net, true);
	fake_settle();
	assert_int_not_equal(called, 0);
	while (next_frame(NULL))
		;
	called = 0;
	fake_settle();
	assert_int_equal(called, 0);
}

static void garbage_is_dropped(void **state)
{
	uint8_t bytes[2000];

	(void)state;
	for (size_t length = 0; length < sizeof(bytes); length += 7) {
		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)rand();
		send_frame(bytes, length);
	}
	fake_settle();
	while (next_frame(NULL))
		;
	router_answers_who_has(state);
}

/* A guest that takes nothing does not make the process grow without bound. */
static void frames_nobody_takes_are_dropped_in_the_end(void **state)
{
	struct arp_frame request = arp(ARP_REQUEST, "10.0.2.15", "10.0.2.2");
	size_t bytes = 0;

	(void)state;
	for (int i = 0; i < 50000; i++)
		send_frame(&request, sizeof(request));
	while (next_frame(NULL))
		bytes += frame_length;
	assert_in_range(bytes, 100000, 512 * 1024);
	assert_in_range(dropped, 50000 - 512 * 1024 / 42, 50000);
}

/* ---- forwarded ports ---- */

static uint16_t free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* Takes frames until a TCP one comes; answers questions for the guest's address on the way. */
static bool tcp_frame_came(void *arg)
{
	const struct arp_frame *question = (const struct arp_frame *)(const void *)frame;
	const struct ip *ip = (const struct ip *)(const void *)(frame + ETH_HLEN);

	(void)arg;
	while (next_frame(NULL)) {
		if (question->type == htons(ETHERTYPE_ARP)) {
			struct arp_frame reply = arp(ARP_REPLY, "10.0.2.15", "10.0.2.2");

			memcpy(reply.target, question->sender, 6);
			send_frame(&reply, sizeof(reply));
		} else if (question->type == htons(ETHERTYPE_IP) && ip->ip_p == IPPROTO_TCP) {
			return true;
		}
	}
	return false;
}

static void connection_to_a_forwarded_port_reaches_the_guest(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const struct tcphdr *tcp =
		(const struct tcphdr *)(const void *)(frame + ETH_HLEN + sizeof(struct ip));
	uint16_t port = free_port();
	char rule[64];
	char err[256];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)state;
	net_close(net);
	net = NULL;
	snprintf(rule, sizeof(rule), "tcp:127.0.0.1:%u-:2222", port);
	assert_int_equal(open_net(rule, err, sizeof(err)), 0);
	address.sin_port = htons(port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ||
		    errno == EINPROGRESS);
	assert_true(fake_wait(tcp_frame_came, NULL));
	assert_int_equal(ntohs(tcp->dest), 2222);
	assert_int_equal(tcp->syn, 1);
	close(fd);
}

/* Takes frames until one of ICMPv6 asks for the neighbour that a connection is for. */
static bool solicitation_came(void *arg)
{
	const struct ip6_hdr *ip = (const struct ip6_hdr *)(const void *)(frame + ETH_HLEN);
	const struct nd_neighbor_solicit *question =
		(const struct nd_neighbor_solicit *)(const void *)(ip + 1);

	while (next_frame(NULL))
		if (frame[12] == 0x86 && frame[13] == 0xdd && ip->ip6_nxt == IPPROTO_ICMPV6 &&
		    question->nd_ns_type == ND_NEIGHBOR_SOLICIT) {
			inet_ntop(AF_INET6, &question->nd_ns_target, arg, INET6_ADDRSTRLEN);
			return true;
		}
	return false;
}

static void connection_over_ipv6_is_for_the_address_that_the_mac_makes(void **state)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	char rule[64], err[256], asked[INET6_ADDRSTRLEN];
	uint16_t port = free_port();
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)state;
	net_close(net);
	net = NULL;
	snprintf(rule, sizeof(rule), "tcp:[::1]:%u-:80;udp:[::1]:%u-[fec0::99]:53", port, port);
	if (open_net(rule, err, sizeof(err)))
		fail_msg("%s", err);
	address.sin6_port = htons(port);
	assert_true(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ||
		    errno == EINPROGRESS);
	assert_true(fake_wait(solicitation_came, asked));
	assert_string_equal(asked, "fec0::ff:fe00:1");
	close(fd);
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(sendto(fd, "?", 1, 0, (struct sockaddr *)&address, sizeof(address)), 1);
	do
		assert_true(fake_wait(solicitation_came, asked));
	while (strcmp(asked, "fec0::99") != 0);
	close(fd);
}

static void forwarding_from_a_port_in_use_is_refused(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	uint16_t port = free_port();
	char rule[64];
	char err[256];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	address.sin_port = htons(port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	net_close(net);
	net = NULL;
	snprintf(rule, sizeof(rule), "tcp:127.0.0.1:%u-:22", port);
	assert_int_equal(open_net(rule, err, sizeof(err)), -EADDRINUSE);
	assert_non_null(strstr(err, "cannot be listened at: "));
	close(fd);
}

static void back_end_that_is_none_is_refused(void **state)
{
	static const struct {
		struct net_options options;
		const char *says;
	} wrong[] = {
		{ { .backend = "vmnet" }, "vmnet: not a network back end; use slirp, tapN" },
		{ { .backend = "tap0", .hostfwd = "tcp::1-:2" }, "hostfwd is for slirp" },
		{ { .backend = "tap:" }, "has 1 to 15 characters" },
		{ { .backend = "tap:0123456789012345" }, "has 1 to 15 characters" },
		{ { .backend = "slirp", .hostfwd = "tcp:1" }, "must be tcp:[HOSTADDR]:PORT-" },
	};
	struct net *other;
	char err[256];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		err[0] = '\0';
		assert_true(net_open(&wrong[i].options, frames_come, NULL, &other, err,
				     sizeof(err)) < 0);
		if (!strstr(err, wrong[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err, wrong[i].says);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(router_answers_who_has),
		TEST(callback_comes_only_when_wanted),
		TEST(garbage_is_dropped),
		TEST(frames_nobody_takes_are_dropped_in_the_end),
		TEST(connection_to_a_forwarded_port_reaches_the_guest),
		TEST(connection_over_ipv6_is_for_the_address_that_the_mac_makes),
		TEST(forwarding_from_a_port_in_use_is_refused),
		TEST(back_end_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
