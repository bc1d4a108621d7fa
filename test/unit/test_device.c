// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of devices, and all devices of a machine together.
 */
/* sources: bhyve/device/device.c bhyve/device/virtio_rnd.c bhyve/device/virtio_net.c */
/* sources: bhyve/device/virtio_blk.c bhyve/device/virtio_blk_options.c bhyve/device/option.c */
/* sources: bhyve/device/virtio_console.c bhyve/device/virtio_mmio.c bhyve/device/virtqueue.c */
/* sources: bhyve/device/virtio_empty.c bhyve/device/pvpanic.c bhyve/device/failure.c */
/* sources: bhyve/device/sbsa_gwdt.c */
/* sources: bhyve/device/iov.c bhyve/device/pl011.c bhyve/device/pl031.c bhyve/device/pl061.c */
/* sources: bhyve/device/fw_cfg.c bhyve/device/ged.c bhyve/firmware.c bhyve/smbios.c */
/* sources: bhyve/acpi/aml.c */
/* sources: bhyve/acpi/blob.c bhyve/acpi/dsdt.c bhyve/acpi/linker.c bhyve/acpi/tables.c */
/* sources: bhyve/backend/block.c bhyve/backend/block_image.c bhyve/backend/block_ring.c */
/* sources: bhyve/backend/console.c */
/* sources: bhyve/backend/console_open.c bhyve/backend/terminal.c bhyve/backend/net.c */
/* sources: bhyve/backend/net_slirp.c bhyve/backend/net_tap.c bhyve/backend/hostfwd.c */
/* sources: test/unit/fake_vm.c test/unit/virtio_driver.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
/* sources: bhyve/backend/console_socket.c bhyve/backend/unix_socket.c */
/* libs: -luring -lslirp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bhyve/config.h"
#include "bhyve/counter.h"
#include "bhyve/device.h"
#include "bhyve/firmware.h"
#include "bhyve/mmio.h"
#include "virtio_driver.h"
#include "vmmapi.h"

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	devices_destroy_all();
	fake_vm_stop();
	return 0;
}

static void every_device_says_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; device_table[i]; i++) {
		const struct device_ops *ops = device_table[i];

		assert_ptr_equal(device_find(ops->name), ops);
		assert_true(strlen(ops->summary) > 0);
		assert_non_null(ops->create);
		assert_non_null(ops->reset);
		assert_non_null(ops->destroy);
		for (const struct device_key *key = ops->keys; key->name; key++)
			assert_true(strlen(key->help) > 0);
		if (ops->first_key)
			assert_non_null(device_key_find(ops, ops->first_key));
	}
	assert_null(device_find("virtio"));
}

static void numbers_in_keys_match_their_sign(void **state)
{
	const struct device_ops *console = device_find("virtio-console");

	(void)state;
	assert_string_equal(device_key_find(console, "port.12.name")->name, "port.#.name");
	assert_string_equal(device_key_find(console, "port1")->name, "port#");
	assert_null(device_key_find(console, "port"));
	assert_null(device_key_find(console, "port.name"));
	assert_null(device_key_find(console, "port..name"));
	assert_null(device_key_find(console, "port.1.names"));
	assert_null(device_key_find(console, "port.x.name"));
	assert_null(device_key_find(console, "port1x"));
	assert_null(device_key_find(device_find("virtio-rnd"), "path"));
}

static void configured_devices_are_in_their_slots(void **state)
{
	char err[512];

	(void)state;
	config_set("slot.31.device", "virtio-rnd");
	config_set("slot.0.device", "virtio-blk");
	config_set("slot.0.path", fake_file(65536));
	config_set("slot.2.device", "virtio-net");
	config_set("slot.2.backend", "slirp");
	config_set("slot.7.device", "virtio-console");
	config_set("slot.7.port.0.backend", "null");
	assert_int_equal(devices_create_all(false, err, sizeof(err)), 0);
	assert_int_equal(driver_get(0, VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_BLOCK);
	assert_int_equal(driver_get(2, VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_NET);
	assert_int_equal(driver_get(7, VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_CONSOLE);
	assert_int_equal(driver_get(31, VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_RNG);
	assert_string_equal(mmio_name(PL011_BASE), "pl011");
	assert_string_equal(mmio_name(PL031_BASE), "pl031");
}

/* virtio 1.2, 4.2.2: DeviceID 0, and nothing behind it. */
static void empty_slots_answer_as_placeholders(void **state)
{
	char err[512];

	(void)state;
	config_set("slot.0.device", "virtio-rnd");
	config_set("slot.5.device", "virtio-rnd");
	assert_int_equal(devices_create_all(false, err, sizeof(err)), 0);
	for (unsigned slot = 0; slot < VIRTIO_MMIO_SLOTS; slot++) {
		bool empty = slot != 0 && slot != 5;

		assert_int_equal(driver_get(slot, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
		assert_int_equal(driver_get(slot, VIRTIO_MMIO_VERSION), 2);
		assert_int_equal(driver_get(slot, VIRTIO_MMIO_DEVICE_ID) == 0, empty);
		if (!empty)
			continue;
		for (unsigned offset = 16; offset < VIRTIO_MMIO_SIZE; offset += 4) {
			driver_set(slot, offset, UINT32_MAX);
			assert_int_equal(driver_get(slot, offset), 0);
		}
		assert_int_equal(fake_read(VIRTIO_MMIO_BASE(slot), 1), 0);
		assert_int_equal(fake_read(VIRTIO_MMIO_BASE(slot), 8), 0x274726976);
	}
	assert_null(mmio_name(VIRTIO_MMIO_BASE(VIRTIO_MMIO_SLOTS)));
	assert_null(mmio_name(VIRTIO_MMIO_BASE(0) - 1));
}

static void machine_without_an_empty_slot_has_no_placeholder(void **state)
{
	char err[512], key[32];

	(void)state;
	for (unsigned slot = 0; slot < VIRTIO_MMIO_SLOTS; slot++) {
		snprintf(key, sizeof(key), "slot.%u.device", slot);
		config_set(key, "virtio-rnd");
	}
	assert_int_equal(devices_create_all(false, err, sizeof(err)), 0);
	for (unsigned slot = 0; slot < VIRTIO_MMIO_SLOTS; slot++)
		assert_int_equal(driver_get(slot, VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_RNG);
}

static void reset_of_the_guest_resets_every_device(void **state)
{
	char err[512];

	(void)state;
	config_set("slot.1.device", "virtio-rnd");
	config_set("slot.2.device", "virtio-net");
	config_set("slot.2.backend", "slirp");
	assert_int_equal(devices_create_all(false, err, sizeof(err)), 0);
	driver_start(1, 0, 1);
	driver_start(2, 0, 2);
	devices_reset_all();
	assert_int_equal(driver_get(1, VIRTIO_MMIO_STATUS), 0);
	assert_int_equal(driver_get(2, VIRTIO_MMIO_STATUS), 0);
	driver_start(1, 0, 1);
	assert_false(driver_needs_reset(1));
}

static void devices_made_before_one_fails_are_gone(void **state)
{
	const char *image = fake_file(65536);
	char err[512];

	(void)state;
	config_set("slot.0.device", "virtio-blk");
	config_set("slot.0.path", image);
	config_set("slot.1.device", "virtio-blk");
	config_set("slot.1.path", "/nonexistent");
	assert_int_equal(devices_create_all(false, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "slot 1: /nonexistent: no such file"));
	/* The image is not locked any more. */
	mmio_clear();
	config_set("slot.1.path", fake_file(65536));
	assert_int_equal(devices_create_all(false, err, sizeof(err)), 0);
}

static void disks_alone_can_grow(void **state)
{
	const char *image = fake_file(65536);
	char err[512];

	(void)state;
	config_set("slot.1.device", "virtio-rnd");
	config_set("slot.2.device", "virtio-blk");
	config_set("slot.2.path", image);
	assert_int_equal(devices_create_all(false, err, sizeof(err)), 0);
	assert_int_equal(truncate(image, 131072), 0);
	assert_int_equal(device_resize(2, err, sizeof(err)), 0);
	assert_int_equal(fake_read(VIRTIO_MMIO_BASE(2) + 0x100, 8), 256);
	assert_int_equal(device_resize(1, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "slot 1: virtio-rnd: has no size");
	assert_int_equal(device_resize(0, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "slot 0: no device is there");
}

static void unknown_device_is_refused(void **state)
{
	char err[512];

	(void)state;
	config_set("slot.4.device", "virtio-gpu");
	assert_int_equal(devices_create_all(false, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "slot 4: virtio-gpu: no such device; -s help lists what there is");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* The watchdog itself is test_sbsa_gwdt.c's. */
uint64_t counter_now(void)
{
	return 0;
}

uint32_t counter_hz(void)
{
	return 1;
}

int vm_get_register(struct vmctx *vm, uint32_t vcpu, uint32_t reg, uint64_t *value)
{
	(void)vm, (void)vcpu, (void)reg, (void)value;
	return -EBUSY;
}

/* The flash itself is test_cfi_flash.c's. */
static void flash_rests(struct device *device)
{
	(void)device;
}

int flash_create(struct device **out, char *err, size_t errlen)
{
	static const struct device_ops ops = {
		.name = "flash",
		.reset = flash_rests,
		.destroy = flash_rests,
	};
	static struct device flash = { .ops = &ops };

	(void)err;
	(void)errlen;
	*out = &flash;
	return 0;
}

/* The first 4 bytes of an item of fw_cfg. */
static uint32_t read_item(uint16_t item)
{
	fake_write(FW_CFG_BASE + 8, 2, (uint16_t)(item << 8 | item >> 8));
	return (uint32_t)fake_read(FW_CFG_BASE, 4);
}

static void firmware_gets_tables_of_which_acpis_can_be_off(void **state)
{
	const struct fdt_machine machine = { .cpus = 1, .redistributors = 1 };
	char err[256];

	(void)state;
	for (int off = 0; off <= 1; off++) {
		config_set("bootrom", "firmware");
		if (off)
			config_set("acpi_tables", "off");
		assert_int_equal(devices_create_all(true, err, sizeof(err)), 0);
		assert_int_equal(firmware_provide(&machine), 0);
		assert_string_equal(mmio_name(FW_CFG_BASE), "fw_cfg");
		assert_int_equal(mmio_name(GED_BASE) == NULL, off);
		/* items from 0x20 on: SMBIOS structures (type 0, 24 bytes) and entry point, then
		 * ACPI tables, of which the DSDT comes first */
		assert_int_equal(read_item(0x20), 0x1800);
		assert_int_equal(read_item(0x21), 0x334d535f);
		assert_int_equal(read_item(0x22), off ? 0 : 0x54445344);
		teardown(NULL);
		setup(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_device_says_what_it_is),
		TEST(numbers_in_keys_match_their_sign),
		TEST(configured_devices_are_in_their_slots),
		TEST(empty_slots_answer_as_placeholders),
		TEST(machine_without_an_empty_slot_has_no_placeholder),
		TEST(reset_of_the_guest_resets_every_device),
		TEST(devices_made_before_one_fails_are_gone),
		TEST(firmware_gets_tables_of_which_acpis_can_be_off),
		TEST(disks_alone_can_grow),
		TEST(unknown_device_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
