// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-net under a hostile guest, on a network that sends every frame back.
 */
/* sources: bhyve/device/virtio_net.c */
/* sources: bhyve/device/option.c bhyve/device/iov.c */
/* sources: bhyve/device/virtio_mmio.c */
/* sources: bhyve/device/virtqueue.c test/fuzz/any_guest.c */
/* sources: test/unit/fake_vm.c */
/* sources: test/unit/virtio_driver.c bhyve/mevent.c */
/* sources: bhyve/mmio.c bhyve/config.c */
/* sources: bhyve/config_file.c */
#include <string.h>

#include "bhyve/backend/net.h"
#include "bhyve/device/iov.h"
#include "bhyve/device/option.h"
#include "any_guest.h"

/* The last frame sent, and how often it is to come back. */
static uint8_t frame[NET_FRAME_MAX];
static size_t length;
static unsigned copies;
static struct net network;

int net_open(const struct net_options *options, net_fn *callback, void *arg, struct net **out,
	     char *err, size_t errlen)
{
	(void)options, (void)callback, (void)arg, (void)err, (void)errlen;
	*out = &network;
	return 0;
}

void net_close(struct net *net)
{
	(void)net;
}

int net_send(struct net *net, const struct iovec *iov, size_t count)
{
	(void)net;
	length = iov_read(iov, count, 0, frame, sizeof(frame));
	copies = 3;
	return 0;
}

ssize_t net_receive(struct net *net, void *buf, size_t len)
{
	(void)net;
	if (copies == 0)
		return 0;
	copies--;
	memcpy(buf, frame, length < len ? length : len);
	return (ssize_t)(length < len ? length : len);
}

void net_want(struct net *net, bool frames)
{
	(void)net, (void)frames;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const options[] = { "slot.0.backend=slirp", NULL };
	static struct device *device;

	if (!device)
		device = fuzz_create(&virtio_net_device, options);
	fuzz_guest(device, 2, data, size);
	return 0;
}
