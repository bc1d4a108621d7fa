// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL011: any access to its registers.
 */
/* sources: bhyve/device/pl011.c bhyve/backend/console.c bhyve/backend/console_open.c */
/* sources: bhyve/backend/terminal.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
/* sources: bhyve/backend/console_socket.c bhyve/backend/unix_socket.c */
#include <stdlib.h>
#include <string.h>

#include "bhyve/config.h"
#include "bhyve/device.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "fake_vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct device *create(void)
{
	struct device *uart;
	char err[256];

	fake_vm_start();
	config_set("console", "pty");
	if (pl011_create(&uart, err, sizeof(err)))
		abort();
	return uart;
}

/* Four bytes an access: write or read, size, offset, value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct device *uart;

	if (!uart)
		uart = create();
	for (; size >= 5; data += 5, size -= 5) {
		uint64_t offset = (data[1] | (uint64_t)data[2] << 8) % PL011_SIZE;
		uint64_t value = data[3] | (uint64_t)data[4] << 8;

		mmio_access(PL011_BASE + offset, data[0] & 1, 1u << (data[0] >> 1 & 3), &value);
		if (data[0] & 0x80)
			mevent_poll(0);
	}
	uart->ops->reset(uart);
	return 0;
}
