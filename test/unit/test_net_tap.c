/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TAP interfaces, in a network namespace of the test's own.
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
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bhyve/backend/net.h"
#include "fake_vm.h"

static struct net *net;
static char err[256];

static void frames_come(void *arg)
{
	(void)arg;
}

static int open_net(const char *backend, const char *bridge)
{
	const struct net_options options = { .backend = backend, .bridge = bridge, .mtu = 1400 };

	err[0] = '\0';
	return net_open(&options, frames_come, NULL, &net, err, sizeof(err));
}

static void expect_refusal(const char *backend, const char *bridge, int error, const char *says)
{
	assert_int_equal(open_net(backend, bridge), error);
	if (!strstr(err, says))
		fail_msg("\"%s\" does not say \"%s\"", err, says);
}

static struct ifreq request_of(const char *name)
{
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, name, strlen(name));
	return request;
}

static int control(unsigned long command, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int result = ioctl(fd, command, request);

	close(fd);
	return result;
}

/* A TAP interface that is there without a process; offloads: TUN_F_* that its user leaves on. */
static void make_tap(const char *name, unsigned long offloads)
{
	struct ifreq request = request_of(name);
	int fd = open("/dev/net/tun", O_RDWR);

	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	assert_int_equal(ioctl(fd, TUNSETPERSIST, 1), 0);
	assert_int_equal(ioctl(fd, TUNSETOFFLOAD, offloads), 0);
	close(fd);
}

static void make_bridge(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCBRADDBR, name), 0);
	close(fd);
}

/* Whether the host's network leaves checksums of frames to be finished. */
static bool leaves_checksums(const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GTXCSUM };
	struct ifreq request = request_of(name);

	request.ifr_data = (void *)&value;
	assert_int_equal(control(SIOCETHTOOL, &request), 0);
	return value.data != 0;
}

static bool is_up(const char *name)
{
	struct ifreq request = request_of(name);

	assert_int_equal(control(SIOCGIFFLAGS, &request), 0);
	return request.ifr_flags & IFF_UP;
}

static bool is_in_bridge(const char *name, const char *bridge)
{
	unsigned ports[64] = { 0 };
	unsigned long arguments[] = { 7 /* BRCTL_GET_PORT_LIST */, (unsigned long)ports, 64, 0 };
	struct ifreq request = request_of(bridge);

	request.ifr_data = (void *)arguments;
	if (control(SIOCDEVPRIVATE, &request) < 0)
		return false;
	for (unsigned i = 0; i < 64; i++)
		if (ports[i] && ports[i] == if_nametoindex(name))
			return true;
	return false;
}

static int setup(void **state)
{
	(void)state;
	/* nothing of one test is there in the next */
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	fake_vm_start();
	net = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	net_close(net);
	fake_vm_stop();
	return 0;
}

static void an_interface_that_does_not_exist_is_not_made(void **state)
{
	(void)state;
	expect_refusal("tap7", NULL, -ENODEV, "tap7: there is no such interface; make it with ip");
	expect_refusal("tap:web", NULL, -ENODEV, "have it made with tap:new:web");
	assert_int_equal(if_nametoindex("tap7"), 0);
}

static void an_interface_is_made_when_asked_and_goes_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(open_net("tap:new:web", NULL), 0);
	assert_true(is_up("web"));
	net_close(net);
	net = NULL;
	assert_int_equal(if_nametoindex("web"), 0);
}

static void a_new_interface_without_a_name_is_reported(void **state)
{
	(void)state;
	make_tap("tap0", 0);
	assert_int_equal(open_net("tap:new", NULL), 0);
	assert_non_null(strstr(fake_report, "the network interface is tap1"));
	assert_true(is_up("tap1"));
}

static void a_new_interface_is_none_that_is_there(void **state)
{
	(void)state;
	make_tap("web", 0);
	expect_refusal("tap:new:web", NULL, -EEXIST, "use tap:web");
}

static void an_interface_that_exists_is_set_up_and_stays(void **state)
{
	struct ifreq request = request_of("tap3");

	(void)state;
	make_tap("tap3", 0);
	assert_int_equal(open_net("tap3", NULL), 0);
	assert_true(is_up("tap3"));
	assert_int_equal(control(SIOCGIFMTU, &request), 0);
	assert_int_equal(request.ifr_mtu, 1400);
	net_close(net);
	net = NULL;
	assert_int_not_equal(if_nametoindex("tap3"), 0);
}

static void offloads_that_were_left_on_are_off(void **state)
{
	(void)state;
	make_tap("tap4", TUN_F_CSUM | TUN_F_TSO4);
	assert_true(leaves_checksums("tap4"));
	assert_int_equal(open_net("tap4", NULL), 0);
	assert_false(leaves_checksums("tap4"));
}

static void it_joins_the_bridge_that_is_named(void **state)
{
	(void)state;
	make_bridge("br0");
	assert_int_equal(open_net("tap:new:web", "br0"), 0);
	assert_true(is_in_bridge("web", "br0"));
}

static void a_bridge_that_is_none_is_refused(void **state)
{
	(void)state;
	make_tap("tap5", 0);
	make_tap("tap6", 0);
	expect_refusal("tap5", "br9", -ENODEV, "br9: there is no such bridge; make it with");
	expect_refusal("tap5", "tap6", -EOPNOTSUPP, "tap6: is not a bridge");
	expect_refusal("slirp", "br9", -EINVAL, "bridge is for TAP");
}

static void an_interface_in_another_bridge_is_refused(void **state)
{
	(void)state;
	make_bridge("br0");
	make_bridge("br1");
	make_tap("tap5", 0);
	assert_int_equal(open_net("tap5", "br0"), 0);
	net_close(net);
	net = NULL;
	expect_refusal("tap5", "br1", -EBUSY, "tap5: is in another bridge");
}

static void what_is_no_tap_interface_is_refused(void **state)
{
	(void)state;
	expect_refusal("tap:lo", NULL, -EINVAL, "lo: is not a TAP interface");
	expect_refusal("tap:new:", NULL, -EINVAL, "1 to 15 characters");
	expect_refusal("tap:../x", NULL, -EINVAL, "no '/' or '%'");
	expect_refusal("tap:new:t%d", NULL, -EINVAL, "no '/' or '%'");
}

static void a_frame_that_cannot_be_sent_is_told(void **state)
{
	uint8_t frame[60] = { 0 };
	const struct iovec iov = { frame, sizeof(frame) };
	struct ifreq request = request_of("web");

	(void)state;
	assert_int_equal(open_net("tap:new:web", NULL), 0);
	assert_int_equal(net_send(net, &iov, 1), 0);
	assert_int_equal(control(SIOCGIFFLAGS, &request), 0);
	request.ifr_flags &= ~IFF_UP;
	assert_int_equal(control(SIOCSIFFLAGS, &request), 0);
	assert_true(net_send(net, &iov, 1) < 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* In a user namespace anybody may make interfaces; where there are none only root may. */
static bool may_make_interfaces(void)
{
	int fd = -1;

	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) == 0)
		fd = open("/dev/net/tun", O_RDWR);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* No network namespaces, or no /dev/net/tun */
static void no_interfaces_can_be_made_here(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_interface_that_does_not_exist_is_not_made),
		TEST(an_interface_is_made_when_asked_and_goes_at_the_end),
		TEST(a_new_interface_without_a_name_is_reported),
		TEST(a_new_interface_is_none_that_is_there),
		TEST(an_interface_that_exists_is_set_up_and_stays),
		TEST(offloads_that_were_left_on_are_off),
		TEST(it_joins_the_bridge_that_is_named),
		TEST(a_bridge_that_is_none_is_refused),
		TEST(an_interface_in_another_bridge_is_refused),
		TEST(what_is_no_tap_interface_is_refused),
		TEST(a_frame_that_cannot_be_sent_is_told),
	};

	const struct CMUnitTest none[] = { cmocka_unit_test(no_interfaces_can_be_made_here) };

	if (!may_make_interfaces())
		return cmocka_run_group_tests(none, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
