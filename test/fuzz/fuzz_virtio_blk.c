// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-blk under a hostile guest, with a disk of 1 MiB.
 */
/* sources: bhyve/device/virtio_blk.c bhyve/device/virtio_blk_options.c */
/* sources: bhyve/backend/block.c bhyve/backend/block_image.c bhyve/backend/block_ring.c */
/* sources: bhyve/device/option.c bhyve/device/iov.c */
/* sources: bhyve/device/virtio_mmio.c */
/* sources: bhyve/device/virtqueue.c test/fuzz/any_guest.c */
/* sources: test/unit/fake_vm.c */
/* sources: test/unit/virtio_driver.c bhyve/mevent.c */
/* sources: bhyve/mmio.c bhyve/config.c */
/* sources: bhyve/config_file.c */
/* libs: -luring */
#include "bhyve/device/option.h"
#include "any_guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const options[] = { "slot.0.path=" FUZZ_DISK, NULL };
	static struct device *device;

	if (!device)
		device = fuzz_create(&virtio_blk_device, options);
	fuzz_guest(device, 1, data, size);
	return 0;
}
