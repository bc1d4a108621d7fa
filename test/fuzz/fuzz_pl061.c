// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL061: any access to its registers, and presses of the power button.
 */
/* sources: bhyve/device/pl061.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
#include <stdlib.h>

#include "bhyve/device.h"
#include "bhyve/mmio.h"
#include "fake_vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The line must be what the status says. */
static void check(void)
{
	if (fake_irq_level(PL061_INTID) != (fake_read(PL061_BASE + 0x418, 4) != 0))
		abort();
}

/* Four bytes an access: write or read, size, offset, value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct device *gpio;
	char err[256];

	if (!gpio) {
		fake_vm_start();
		if (pl061_create(&gpio, err, sizeof(err)))
			abort();
	}
	for (; size >= 4; data += 4, size -= 4) {
		uint64_t offset = (data[1] | (uint64_t)data[2] << 8) % PL061_SIZE, value = data[3];

		mmio_access(PL061_BASE + offset, data[0] & 1, 1u << (data[0] >> 1 & 3), &value);
		if (data[0] & 0x80)
			pl061_press_power();
		check();
	}
	gpio->ops->reset(gpio);
	check();
	return 0;
}
