// SPDX-License-Identifier: BSD-2-Clause
/* fw_cfg, see fw_cfg.h. All of its registers, and the DMA descriptor, are big-endian. */
#include "bhyve/device/fw_cfg.h"

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/guest_memory.h"
#include "bhyve/mmio.h"

/* Registers. */
#define DATA		 0x00 /* 8 bytes */
#define SELECTOR	 0x08 /* 2 bytes */
#define DMA_ADDRESS	 0x10 /* 8 bytes; writing the lower half starts the transfer */
#define DMA_ADDRESS_LOW	 0x14

/* Items. */
#define ITEM_SIGNATURE	 0x0000
#define ITEM_ID		 0x0001
#define ITEM_CPUS	 0x0005
#define ITEM_DIRECTORY	 0x0019
#define ITEM_FILES	 0x0020
#define ITEM_WRITE_BIT	 0x4000 /* asks to write: nobody may */

#define ID_TRADITIONAL	 (1u << 0)
#define ID_DMA		 (1u << 1)

/* Control word of the DMA descriptor; with DMA_SELECT the item's number is in the upper half. */
#define DMA_ERROR	 (1u << 0)
#define DMA_READ	 (1u << 1)
#define DMA_SKIP	 (1u << 2)
#define DMA_SELECT	 (1u << 3)
#define DMA_WRITE	 (1u << 4)
#define DMA_SELECT_SHIFT 16

struct descriptor {
	uint32_t control;
	uint32_t length;
	uint64_t address;
};

struct directory_entry {
	uint32_t size;
	uint16_t item;
	uint16_t reserved;
	char name[FW_CFG_NAME_MAX + 1];
};

struct directory {
	uint32_t count;
	struct directory_entry entries[FW_CFG_FILES_MAX];
};

struct fw_cfg {
	struct device device;
	pthread_mutex_t lock;
	struct directory directory;
	void *files[FW_CFG_FILES_MAX];
	unsigned file_count;
	uint16_t cpus; /* little-endian */
	/* the selected item, what is left of it to read */
	const uint8_t *next;
	uint32_t left;
	uint64_t dma_address;
};

static const char signature[4] = "QEMU";
static const char dma_signature[8] = "QEMU CFG";

/* The one of this machine: firmware's files come from everywhere. */
static struct fw_cfg *the_device;

static void select_bytes(struct fw_cfg *cfg, const void *data, size_t size)
{
	cfg->next = data;
	cfg->left = (uint32_t)size;
}

/* An item that there is not is empty: it reads as zeroes. */
static void select_item(struct fw_cfg *cfg, unsigned item)
{
	static const uint8_t id[4] = { ID_TRADITIONAL | ID_DMA };
	unsigned file = (item & ~ITEM_WRITE_BIT) - ITEM_FILES;

	select_bytes(cfg, NULL, 0);
	switch (item & ~ITEM_WRITE_BIT) {
	case ITEM_SIGNATURE:
		select_bytes(cfg, signature, sizeof(signature));
		break;
	case ITEM_ID:
		select_bytes(cfg, id, sizeof(id));
		break;
	case ITEM_CPUS:
		select_bytes(cfg, &cfg->cpus, sizeof(cfg->cpus));
		break;
	case ITEM_DIRECTORY:
		select_bytes(cfg, &cfg->directory,
			     sizeof(uint32_t) + cfg->file_count * sizeof(struct directory_entry));
		break;
	default:
		if (file < cfg->file_count)
			select_bytes(cfg, cfg->files[file],
				     be32toh(cfg->directory.entries[file].size));
		break;
	}
}

/* Copies the next bytes, or skips them (to is NULL). Behind the end there are zeroes. */
static void take(struct fw_cfg *cfg, void *to, uint32_t len)
{
	uint32_t have = len < cfg->left ? len : cfg->left;

	if (to)
		memset((char *)to + have, 0, len - have);
	if (!have)
		return;
	if (to)
		memcpy(to, cfg->next, have);
	cfg->next += have;
	cfg->left -= have;
}

/* Whether the transfer could be done. */
static bool transfer(struct fw_cfg *cfg, uint32_t control, uint32_t length, uint64_t address)
{
	void *to;

	if (control & DMA_SELECT)
		select_item(cfg, control >> DMA_SELECT_SHIFT);
	if (!(control & DMA_READ)) {
		if (control & DMA_SKIP && !(control & DMA_WRITE))
			take(cfg, NULL, length);
		return !(control & DMA_WRITE);
	}
	if (length == 0)
		return true;
	to = guest_memory(address, length);
	if (to)
		take(cfg, to, length);
	return to != NULL;
}

/* The descriptor is read once; one that is not in memory can be told nothing. */
static void dma(struct fw_cfg *cfg, uint64_t ipa)
{
	void *at = guest_memory(ipa, sizeof(struct descriptor));
	struct descriptor descriptor;
	uint32_t answer;
	bool good;

	if (!at)
		return;
	memcpy(&descriptor, at, sizeof(descriptor));
	good = transfer(cfg, be32toh(descriptor.control), be32toh(descriptor.length),
			be64toh(descriptor.address));
	answer = htobe32(good ? 0 : DMA_ERROR);
	/* data before the control word, which a guest may be polling */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(at, &answer, sizeof(answer));
}

static int cfg_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct fw_cfg *cfg = opaque;
	uint8_t bytes[8] = { 0 };

	pthread_mutex_lock(&cfg->lock);
	if (offset < SELECTOR)
		take(cfg, bytes, size);
	else if (offset >= DMA_ADDRESS)
		memcpy(bytes, &dma_signature[offset - DMA_ADDRESS], size);
	pthread_mutex_unlock(&cfg->lock);
	/* a register's first byte is the most significant one, and at the lowest address: as in
	 * memory */
	memcpy(value, bytes, sizeof(*value));
	*value = le64toh(*value);
	return 0;
}

static void start_dma(struct fw_cfg *cfg, uint64_t address)
{
	cfg->dma_address = 0;
	dma(cfg, address);
}

static int cfg_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct fw_cfg *cfg = opaque;

	pthread_mutex_lock(&cfg->lock);
	if (offset == SELECTOR && size == 2)
		select_item(cfg, __builtin_bswap16((uint16_t)value));
	else if (offset == DMA_ADDRESS && size == 8)
		start_dma(cfg, __builtin_bswap64(value));
	else if (offset == DMA_ADDRESS && size == 4)
		cfg->dma_address = (uint64_t)__builtin_bswap32((uint32_t)value) << 32;
	else if (offset == DMA_ADDRESS_LOW && size == 4)
		start_dma(cfg, cfg->dma_address | __builtin_bswap32((uint32_t)value));
	pthread_mutex_unlock(&cfg->lock);
	return 0;
}

static const struct mmio_ops cfg_mmio = { .read = cfg_read, .write = cfg_write };

static void cfg_reset(struct device *device)
{
	struct fw_cfg *cfg = (struct fw_cfg *)device;

	cfg->dma_address = 0;
	select_item(cfg, ITEM_SIGNATURE);
}

static void cfg_destroy(struct device *device)
{
	struct fw_cfg *cfg = (struct fw_cfg *)device;

	the_device = NULL;
	for (unsigned i = 0; i < cfg->file_count; i++)
		free(cfg->files[i]);
	pthread_mutex_destroy(&cfg->lock);
	free(cfg);
}

static const struct device_ops cfg_ops = {
	.name = "fw_cfg",
	.summary = "files for firmware",
	.reset = cfg_reset,
	.destroy = cfg_destroy,
};

int fw_cfg_create(struct device **out, char *err, size_t errlen)
{
	struct fw_cfg *cfg = the_device ? NULL : calloc(1, sizeof(*cfg));
	int error = the_device ? -EEXIST : -ENOMEM;

	if (cfg)
		error = mmio_register("fw_cfg", FW_CFG_BASE, FW_CFG_SIZE, &cfg_mmio, cfg);
	if (error) {
		snprintf(err, errlen, "fw_cfg: cannot be attached: %s", strerror(-error));
		free(cfg);
		return error;
	}
	cfg->device.ops = &cfg_ops;
	pthread_mutex_init(&cfg->lock, NULL);
	cfg_reset(&cfg->device);
	the_device = cfg;
	*out = &cfg->device;
	return 0;
}

/* The file's place: its own, or a new one. -ENOSPC, -ENAMETOOLONG. */
static int find_place(const struct fw_cfg *cfg, const char *name)
{
	unsigned i = 0;

	if (strlen(name) > FW_CFG_NAME_MAX)
		return -ENAMETOOLONG;
	while (i < cfg->file_count && strcmp(cfg->directory.entries[i].name, name) != 0)
		i++;
	return i < FW_CFG_FILES_MAX ? (int)i : -ENOSPC;
}

int fw_cfg_set_file(const char *name, void *data, uint32_t size)
{
	struct fw_cfg *cfg = the_device;
	int place = cfg ? find_place(cfg, name) : -ENODEV;
	struct directory_entry *entry;

	if (place < 0) {
		free(data);
		return place;
	}
	entry = &cfg->directory.entries[place];
	free(cfg->files[place]);
	cfg->files[place] = data;
	entry->size = htobe32(size);
	entry->item = htobe16((uint16_t)(ITEM_FILES + place));
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	if ((unsigned)place == cfg->file_count)
		cfg->directory.count = htobe32(++cfg->file_count);
	/* what was selected may be gone */
	cfg_reset(&cfg->device);
	return 0;
}

void fw_cfg_set_cpus(uint16_t cpus)
{
	if (the_device)
		the_device->cpus = htole16(cpus);
}
