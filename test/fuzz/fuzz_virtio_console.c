// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-console under a hostile guest: data and control messages.
 */
/* sources: bhyve/device/virtio_console.c bhyve/backend/console.c */
/* sources: bhyve/backend/console_open.c bhyve/backend/terminal.c */
/* sources: bhyve/device/option.c bhyve/device/iov.c */
/* sources: bhyve/device/virtio_mmio.c */
/* sources: bhyve/device/virtqueue.c test/fuzz/any_guest.c */
/* sources: test/unit/fake_vm.c */
/* sources: test/unit/virtio_driver.c bhyve/mevent.c */
/* sources: bhyve/mmio.c bhyve/config.c */
/* sources: bhyve/config_file.c */
/* sources: bhyve/backend/console_socket.c bhyve/backend/unix_socket.c */
#include "bhyve/device/option.h"
#include "any_guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const options[] = { "slot.0.port.0.backend=null",
					       "slot.0.port.1.backend=pty",
					       "slot.0.port.1.name=fuzz", NULL };
	static struct device *device;

	if (!device)
		device = fuzz_create(&virtio_console_device, options);
	fuzz_guest(device, 6, data, size);
	return 0;
}
