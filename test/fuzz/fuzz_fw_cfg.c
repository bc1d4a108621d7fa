// SPDX-License-Identifier: BSD-2-Clause
/*
 * fw_cfg: any access to its registers, and any DMA descriptor.
 */
/* sources: bhyve/device/fw_cfg.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/device/fw_cfg.h"
#include "bhyve/mmio.h"
#include "fake_vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEP	    12
#define DMA	    (FW_CFG_BASE + 16)
#define LAST_OF_RAM (FAKE_RAM + FAKE_RAM_SIZE - 16)

static struct device *create(void)
{
	struct device *device;
	char err[256];

	fake_vm_start();
	if (fw_cfg_create(&device, err, sizeof(err)) ||
	    fw_cfg_set_file("one", strdup("some text"), 9) ||
	    fw_cfg_set_file("empty", strdup(""), 0))
		abort();
	return device;
}

/* A descriptor of 12 bytes of input, at either end of memory: control and length as they are, and
 * an address that is in memory, near its end, or anywhere. */
static void run_descriptor(const uint8_t *data)
{
	uint64_t where = data[0] & 0x40 ? LAST_OF_RAM : FAKE_RAM, address = 0;
	uint8_t *at = fake_ram(where);

	memcpy(&address, data + 8, 4);
	if (data[0] & 0x20)
		address = data[0] & 0x10 ? FAKE_RAM + (address & 0xffff)
					 : LAST_OF_RAM + (address & 31);
	address = htobe64(address);
	memcpy(at, data + 2, 6);
	memset(at + 6, data[1], 2);
	memcpy(at + 8, &address, 8);
	where = __builtin_bswap64(where + (data[0] & 15) / 8);
	mmio_access(DMA, true, 8, &where);
}

/* Twelve bytes a step: an access (flags, offset, value), or a descriptor. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct device *device;

	if (!device)
		device = create();
	for (; size >= STEP; data += STEP, size -= STEP) {
		uint64_t value;

		if (data[0] & 0x80) {
			run_descriptor(data);
			continue;
		}
		memcpy(&value, data + 2, 8);
		mmio_access(FW_CFG_BASE + data[1] % FW_CFG_SIZE, data[0] & 1,
			    1u << (data[0] >> 1 & 3), &value);
	}
	device->ops->reset(device);
	return 0;
}
