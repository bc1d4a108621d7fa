// SPDX-License-Identifier: BSD-2-Clause
/*
 * The machine's two banks of flash (cfi_flash.h): the boot ROM, whose blocks are all locked, and
 * the variables, which are kept in a file (flash_store.h).
 *
 * The start of each bank, as far as it has contents that matter, is a read-only segment of memory,
 * so that firmware runs from it and reads are no exits. Writes are commands: while the guest waits
 * for the answer to one, the segment is trapped and reads come here, too.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/backend/flash_store.h"
#include "bhyve/config.h"
#include "bhyve/device.h"
#include "bhyve/device/cfi_flash.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mmio.h"
#include "bhyve/report.h"
#include "lib/vmmapi/vmmapi.h"

_Static_assert(CFI_FLASH_SIZE == FLASH_BANK_SIZE, "a bank is one flash");
_Static_assert(CFI_FLASH_BUFFER_SIZE <= FLASH_STORE_WRITE_MAX, "a buffer is one change");

/* Memory of the variables' bank: a block of stage 2, in bytes. Firmware uses less than half. */
#define VARIABLES_MEMORY 0x200000u

struct bank {
	pthread_mutex_t lock;
	uint32_t segment; /* number of its memory's */
	uint8_t *memory;
	uint32_t size; /* of the memory, bytes; 0: none, all is erased */
	bool trapped;
	struct flash_store *store; /* NULL: the boot ROM */
	struct cfi_flash_array array;
	struct cfi_flash flash;
};

struct flash_device {
	struct device device;
	struct bank rom, variables;
};

/* Bytes of [offset, offset + len) that are in the bank's memory. */
static uint32_t in_memory(const struct bank *bank, uint32_t offset, uint32_t len)
{
	if (offset >= bank->size)
		return 0;
	return len < bank->size - offset ? len : bank->size - offset;
}

/* What nobody wrote is erased. */
static int bank_read(void *opaque, uint32_t offset, void *buf, uint32_t len)
{
	const struct bank *bank = opaque;

	memset(buf, 0xff, len);
	if (in_memory(bank, offset, len) == len) {
		memcpy(buf, bank->memory + offset, len);
		return 0;
	}
	if (!bank->store || offset >= flash_store_size(bank->store))
		return 0;
	return flash_store_read(bank->store, offset, buf, len);
}

static int bank_write(void *opaque, uint32_t offset, const void *buf, uint32_t len)
{
	struct bank *bank = opaque;
	int error = flash_store_write(bank->store, offset, buf, len);

	if (!error)
		memcpy(bank->memory + offset, buf, in_memory(bank, offset, len));
	return error;
}

static int bank_erase(void *opaque, uint32_t offset, uint32_t len)
{
	struct bank *bank = opaque;
	int error = flash_store_erase(bank->store, offset, len);

	if (!error)
		memset(bank->memory + offset, 0xff, in_memory(bank, offset, len));
	return error;
}

static int bank_sync(void *opaque)
{
	struct bank *bank = opaque;

	return flash_store_sync(bank->store);
}

/* Lets the guest read memory, or makes it come here. */
static int set_trap(struct bank *bank, bool trapped)
{
	uint32_t flags = VMM_MEM_READONLY | (trapped ? VMM_MEM_TRAP : 0);
	int error = 0;

	if (bank->size)
		error = vm_set_memseg_flags(guest_vm(), bank->segment, flags);
	if (error)
		report("flash: its memory cannot be switched: %s", strerror(-error));
	else
		bank->trapped = trapped;
	return error;
}

static int flash_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct bank *bank = opaque;

	pthread_mutex_lock(&bank->lock);
	*value = cfi_flash_read(&bank->flash, (uint32_t)offset, size);
	pthread_mutex_unlock(&bank->lock);
	return 0;
}

static int flash_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct bank *bank = opaque;
	bool trapped;

	pthread_mutex_lock(&bank->lock);
	cfi_flash_write(&bank->flash, (uint32_t)offset, size, (uint32_t)value);
	trapped = !cfi_flash_is_memory(&bank->flash);
	if (trapped != bank->trapped)
		set_trap(bank, trapped);
	pthread_mutex_unlock(&bank->lock);
	return 0;
}

static const struct mmio_ops flash_mmio = { .read = flash_read, .write = flash_write };

static void bank_reset(struct bank *bank)
{
	pthread_mutex_lock(&bank->lock);
	if (bank->store)
		flash_store_sync(bank->store);
	cfi_flash_reset(&bank->flash, &bank->array);
	set_trap(bank, false);
	pthread_mutex_unlock(&bank->lock);
}

static void flash_reset(struct device *device)
{
	struct flash_device *flash = (struct flash_device *)device;

	bank_reset(&flash->rom);
	bank_reset(&flash->variables);
}

static void flash_destroy(struct device *device)
{
	struct flash_device *flash = (struct flash_device *)device;

	flash_store_close(flash->variables.store);
	pthread_mutex_destroy(&flash->variables.lock);
	pthread_mutex_destroy(&flash->rom.lock);
	free(flash);
}

static const struct device_ops flash_ops = {
	.name = "flash",
	.summary = "boot ROM and variables",
	.reset = flash_reset,
	.destroy = flash_destroy,
};

/* Finds the segment at the bank's start, and maps it. -ENOENT. */
static int map_bank(struct bank *bank, uint64_t base)
{
	struct vmm_memseg segment;
	int error;

	for (uint32_t i = 0; (error = vm_get_memseg(guest_vm(), i, &segment)) == 0; i++) {
		if (segment.ipa != base)
			continue;
		bank->segment = i;
		bank->size = (uint32_t)segment.size;
		bank->memory = vm_map(guest_vm(), base, segment.size);
		return bank->memory ? 0 : -errno;
	}
	return error;
}

/* The variables' memory may be there from an earlier run. */
static int add_memory(void)
{
	int error = vm_add_memseg(guest_vm(), FLASH_BASE, VARIABLES_MEMORY, VMM_MEM_READONLY);

	return error == -EEXIST ? 0 : error;
}

static int fill_memory(struct bank *bank)
{
	uint32_t stored = flash_store_size(bank->store);
	uint32_t len = stored < bank->size ? stored : bank->size;
	int error = flash_store_read(bank->store, 0, bank->memory, len);

	memset(bank->memory + len, 0xff, bank->size - len);
	vm_sync_memory(bank->memory, bank->size);
	return error;
}

static int attach_bank(struct bank *bank, const char *name, uint64_t base)
{
	bank->array.opaque = bank;
	bank->array.read = bank_read;
	cfi_flash_reset(&bank->flash, &bank->array);
	return mmio_register(name, base, FLASH_BANK_SIZE, &flash_mmio, bank);
}

/* The boot ROM is in its memory already (rom.h). Without one there may be memory of one that the
 * machine had before. */
static int attach_rom(struct bank *bank)
{
	bool empty = !config_get("bootrom");
	int error = map_bank(bank, BOOTROM_BASE);

	if (empty && error == -ENOENT)
		return attach_bank(bank, "bootrom", BOOTROM_BASE);
	if (!error)
		error = set_trap(bank, false);
	if (!error && empty) {
		memset(bank->memory, 0xff, bank->size);
		vm_sync_memory(bank->memory, bank->size);
	}
	return error ? error : attach_bank(bank, "bootrom", BOOTROM_BASE);
}

static int attach_variables(struct bank *bank)
{
	int error = add_memory();

	if (!error)
		error = map_bank(bank, FLASH_BASE);
	if (!error)
		error = set_trap(bank, false);
	if (!error)
		error = fill_memory(bank);
	bank->array.writable = flash_store_size(bank->store);
	bank->array.write = bank_write;
	bank->array.erase = bank_erase;
	bank->array.sync = bank_sync;
	return error ? error : attach_bank(bank, "flash", FLASH_BASE);
}

static int attach(struct flash_device *flash, char *err, size_t errlen)
{
	int error = flash_store_open(config_get("bootvars"), CFI_FLASH_BLOCK_SIZE, FLASH_BANK_SIZE,
				     &flash->variables.store, err, errlen);

	if (error)
		return error;
	error = attach_rom(&flash->rom);
	if (!error)
		error = attach_variables(&flash->variables);
	if (error)
		snprintf(err, errlen, "flash: cannot be attached: %s", strerror(-error));
	return error;
}

int flash_create(struct device **out, char *err, size_t errlen)
{
	struct flash_device *flash = calloc(1, sizeof(*flash));
	int error;

	if (!flash) {
		snprintf(err, errlen, "flash: no memory");
		return -ENOMEM;
	}
	flash->device.ops = &flash_ops;
	pthread_mutex_init(&flash->rom.lock, NULL);
	pthread_mutex_init(&flash->variables.lock, NULL);
	error = attach(flash, err, errlen);
	if (error)
		flash_destroy(&flash->device);
	else
		*out = &flash->device;
	return error;
}
