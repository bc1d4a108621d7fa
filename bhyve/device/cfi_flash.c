// SPDX-License-Identifier: BSD-2-Clause
/* The state machine of CFI flash, see cfi_flash.h. */
#include "bhyve/device/cfi_flash.h"

#include <errno.h>
#include <string.h>

/* Commands, JEP137 and Intel's data sheets. */
enum command {
	CMD_PROGRAM_ALTERNATE = 0x10,
	CMD_ERASE = 0x20,
	CMD_PROGRAM = 0x40,
	CMD_CLEAR_STATUS = 0x50,
	CMD_LOCK_SETUP = 0x60,
	CMD_READ_STATUS = 0x70,
	CMD_READ_ID = 0x90,
	CMD_READ_QUERY = 0x98,
	CMD_SUSPEND = 0xb0,
	CMD_CONFIRM = 0xd0, /* also: resume, unlock */
	CMD_BUFFERED_PROGRAM = 0xe8,
	CMD_READ_ARRAY = 0xff,
	/* behind CMD_LOCK_SETUP */
	CMD_LOCK = 0x01,
	CMD_SET_CONFIGURATION = 0x03,
	CMD_LOCK_DOWN = 0x2f,
};

#define SEQUENCE_ERROR	    (CFI_STATUS_ERASE | CFI_STATUS_PROGRAM)

/* Identification: words of a chip, from the start of a block. */
#define ID_MANUFACTURER	    0
#define ID_DEVICE	    1
#define ID_LOCK		    2
#define MANUFACTURER_INTEL  0x89
#define DEVICE_CODE	    0x18
#define LOCK_LOCKED	    0x1
#define LOCK_LOCKED_DOWN    0x2

/* Bytes of one chip, of a block in it and of its write buffer: powers of two. */
#define CHIP_SIZE_LOG2	    25
#define CHIP_BLOCK_SIZE	    (CFI_FLASH_BLOCK_SIZE / 2)
#define CHIP_BUFFER_LOG2    10
#define PRIMARY_TABLE	    0x31
#define FEATURE_BLOCK_LOCKS 0x20

/* Query data of each chip from word 0x10 on, JESD68.01 4.3; times are 2^n. */
static const uint8_t query[] = {
	[0x10 - 0x10] = 'Q',
	[0x11 - 0x10] = 'R',
	[0x12 - 0x10] = 'Y',
	[0x13 - 0x10] = 0x01, /* command set: Intel/Sharp extended */
	[0x15 - 0x10] = PRIMARY_TABLE,
	[0x1b - 0x10] = 0x27, /* 2.7 to 3.6 V */
	[0x1c - 0x10] = 0x36,
	[0x1f - 0x10] = 7,  /* 128 us for a word, */
	[0x20 - 0x10] = 7,  /* 128 us for a buffer, */
	[0x21 - 0x10] = 10, /* 1 s for a block, */
	[0x23 - 0x10] = 4,  /* at most 16 times that */
	[0x24 - 0x10] = 4,
	[0x25 - 0x10] = 4,
	[0x27 - 0x10] = CHIP_SIZE_LOG2,
	[0x28 - 0x10] = 0x01, /* interface: 16 bits wide */
	[0x2a - 0x10] = CHIP_BUFFER_LOG2,
	[0x2c - 0x10] = 1, /* all blocks are of one size */
	[0x2d - 0x10] = (CFI_FLASH_BLOCKS - 1) & 0xff,
	[0x2e - 0x10] = (CFI_FLASH_BLOCKS - 1) >> 8,
	[0x2f - 0x10] = (CHIP_BLOCK_SIZE / 256) & 0xff,
	[0x30 - 0x10] = (CHIP_BLOCK_SIZE / 256) >> 8,
	[0x31 - 0x10] = 'P',
	[0x32 - 0x10] = 'R',
	[0x33 - 0x10] = 'I',
	[0x34 - 0x10] = '1',
	[0x35 - 0x10] = '1',
	[0x36 - 0x10] = FEATURE_BLOCK_LOCKS,
	[0x3b - 0x10] = LOCK_LOCKED | LOCK_LOCKED_DOWN, /* bits of the lock status */
	[0x3d - 0x10] = 0x33,				/* best at 3.3 V */
	[0x3f - 0x10] = 0,				/* no protection registers */
};

static bool test_bit(const uint8_t *bits, uint32_t number)
{
	return bits[number / 8] >> number % 8 & 1;
}

static void set_bit(uint8_t *bits, uint32_t number)
{
	bits[number / 8] |= (uint8_t)(1u << number % 8);
}

static uint32_t block_of(uint32_t offset)
{
	return offset / CFI_FLASH_BLOCK_SIZE;
}

static bool is_locked(const struct cfi_flash *flash, uint32_t offset)
{
	return offset >= flash->array->writable || test_bit(flash->locked, block_of(offset));
}

void cfi_flash_reset(struct cfi_flash *flash, const struct cfi_flash_array *array)
{
	memset(flash, 0, sizeof(*flash));
	flash->array = array;
	flash->status = CFI_STATUS_READY;
}

/* Both chips answer alike: a byte in the lower half of each 16 bits. */
static uint32_t both(uint8_t value)
{
	return value | (uint32_t)value << 16;
}

static uint8_t id_word(const struct cfi_flash *flash, uint32_t offset)
{
	uint32_t block = block_of(offset);

	switch (offset % CFI_FLASH_BLOCK_SIZE / 4) {
	case ID_MANUFACTURER:
		return MANUFACTURER_INTEL;
	case ID_DEVICE:
		return DEVICE_CODE;
	case ID_LOCK:
		return (uint8_t)((is_locked(flash, offset) ? LOCK_LOCKED : 0) |
				 (test_bit(flash->locked_down, block) ? LOCK_LOCKED_DOWN : 0));
	default:
		return 0;
	}
}

static uint8_t query_word(uint32_t offset)
{
	uint32_t word = offset / 4;

	return word >= 0x10 && word - 0x10 < sizeof(query) ? query[word - 0x10] : 0;
}

static uint32_t read_array(const struct cfi_flash *flash, uint32_t offset)
{
	uint32_t word = UINT32_MAX;

	flash->array->read(flash->array->opaque, offset, &word, sizeof(word));
	return word;
}

/* The aligned 4 bytes around an offset, as the chips show them now. */
static uint32_t read_word(const struct cfi_flash *flash, uint32_t offset)
{
	offset &= ~3u;
	switch (flash->mode) {
	case CFI_READ_STATUS:
		return both(flash->status);
	case CFI_READ_ID:
		return both(id_word(flash, offset));
	case CFI_READ_QUERY:
		return both(query_word(offset));
	default:
		return read_array(flash, offset);
	}
}

bool cfi_flash_is_memory(const struct cfi_flash *flash)
{
	return flash->mode == CFI_READ_ARRAY && flash->next == CFI_NEXT_COMMAND;
}

uint32_t cfi_flash_read(struct cfi_flash *flash, uint32_t offset, unsigned size)
{
	uint32_t word;

	if (offset % size)
		return 0;
	word = read_word(flash, offset) >> offset % 4 * 8;
	return size < 4 ? word & ((1u << size * 8) - 1) : word;
}

/* Programming turns ones into zeros, never the other way. */
static void program(struct cfi_flash *flash, uint32_t offset, const uint8_t *data, uint32_t len)
{
	const struct cfi_flash_array *array = flash->array;
	uint8_t cells[CFI_FLASH_BUFFER_SIZE];
	bool changes = false;
	int error;

	if (is_locked(flash, offset)) {
		flash->status |= CFI_STATUS_LOCKED | CFI_STATUS_PROGRAM;
		return;
	}
	error = array->read(array->opaque, offset, cells, len);
	for (uint32_t i = 0; i < len && !error; i++) {
		changes |= (cells[i] & ~data[i]) != 0;
		cells[i] &= data[i];
	}
	if (!error && changes)
		error = array->write(array->opaque, offset, cells, len);
	flash->dirty |= changes;
	if (error)
		flash->status |= CFI_STATUS_PROGRAM;
}

static void erase(struct cfi_flash *flash, uint32_t offset)
{
	const struct cfi_flash_array *array = flash->array;

	if (is_locked(flash, offset)) {
		flash->status |= CFI_STATUS_LOCKED | CFI_STATUS_ERASE;
		return;
	}
	offset -= offset % CFI_FLASH_BLOCK_SIZE;
	flash->dirty = true;
	if (array->erase(array->opaque, offset, CFI_FLASH_BLOCK_SIZE))
		flash->status |= CFI_STATUS_ERASE;
}

/* How many words the buffer is to get, less one. */
static void buffer_count(struct cfi_flash *flash, uint32_t value)
{
	flash->words = (value & 0xffff) + 1;
	flash->filled = 0;
	flash->extent = 0;
	if (flash->words * 4 > sizeof(flash->buffer)) {
		flash->status |= SEQUENCE_ERROR;
		flash->next = CFI_NEXT_COMMAND;
		return;
	}
	memset(flash->buffer, 0xff, sizeof(flash->buffer));
	flash->next = CFI_NEXT_BUFFER_DATA;
}

/* The first word's address is where the buffer will go. */
static void buffer_data(struct cfi_flash *flash, uint32_t offset, unsigned size, uint32_t value)
{
	uint32_t at;

	if (flash->filled == 0)
		flash->start = offset & ~3u;
	at = offset - flash->start;
	if (offset < flash->start || at + size > flash->words * 4 ||
	    block_of(offset) != block_of(flash->start)) {
		flash->status |= SEQUENCE_ERROR;
		flash->next = CFI_NEXT_COMMAND;
		return;
	}
	memcpy(&flash->buffer[at], &value, size);
	if (flash->extent < at + size)
		flash->extent = at + size;
	if (++flash->filled == flash->words)
		flash->next = CFI_NEXT_BUFFER_CONFIRM;
}

/* The address does not matter: EDK2 gives that of the bank. */
static void buffer_confirm(struct cfi_flash *flash, uint8_t command)
{
	flash->next = CFI_NEXT_COMMAND;
	if (command == CMD_CONFIRM)
		program(flash, flash->start, flash->buffer, flash->extent);
	else
		flash->status |= SEQUENCE_ERROR;
}

static void erase_confirm(struct cfi_flash *flash, uint32_t offset, uint8_t command)
{
	flash->next = CFI_NEXT_COMMAND;
	if (command == CMD_CONFIRM)
		erase(flash, offset);
	else
		flash->status |= SEQUENCE_ERROR;
}

/* A block that is locked down stays locked until the reset. */
static void lock_confirm(struct cfi_flash *flash, uint32_t offset, uint8_t command)
{
	uint32_t block = block_of(offset);

	flash->next = CFI_NEXT_COMMAND;
	switch (command) {
	case CMD_LOCK_DOWN:
		set_bit(flash->locked_down, block);
		set_bit(flash->locked, block);
		break;
	case CMD_LOCK:
		set_bit(flash->locked, block);
		break;
	case CMD_CONFIRM:
		if (!test_bit(flash->locked_down, block))
			flash->locked[block / 8] &= (uint8_t)~(1u << block % 8);
		break;
	case CMD_SET_CONFIGURATION: /* of synchronous reads, which a memory bus does not have */
		break;
	default:
		flash->status |= SEQUENCE_ERROR;
		break;
	}
}

static void enter(struct cfi_flash *flash, enum cfi_flash_mode mode, enum cfi_flash_next next)
{
	flash->mode = mode;
	flash->next = next;
}

/* The guest is done with changes when it reads the array again: now they must last. */
static void read_array_command(struct cfi_flash *flash)
{
	if (flash->dirty)
		flash->array->sync(flash->array->opaque);
	flash->dirty = false;
	enter(flash, CFI_READ_ARRAY, CFI_NEXT_COMMAND);
}

static void first_command(struct cfi_flash *flash, uint8_t command)
{
	switch (command) {
	case CMD_PROGRAM:
	case CMD_PROGRAM_ALTERNATE:
		enter(flash, CFI_READ_STATUS, CFI_NEXT_PROGRAM);
		break;
	case CMD_BUFFERED_PROGRAM:
		enter(flash, CFI_READ_STATUS, CFI_NEXT_BUFFER_COUNT);
		break;
	case CMD_ERASE:
		enter(flash, CFI_READ_STATUS, CFI_NEXT_ERASE_CONFIRM);
		break;
	case CMD_LOCK_SETUP:
		enter(flash, CFI_READ_STATUS, CFI_NEXT_LOCK_CONFIRM);
		break;
	case CMD_CLEAR_STATUS:
		flash->status = CFI_STATUS_READY;
		break;
	case CMD_READ_STATUS:
	case CMD_SUSPEND: /* everything is over as soon as it is confirmed */
	case CMD_CONFIRM:
		enter(flash, CFI_READ_STATUS, CFI_NEXT_COMMAND);
		break;
	case CMD_READ_ID:
		enter(flash, CFI_READ_ID, CFI_NEXT_COMMAND);
		break;
	case CMD_READ_QUERY:
		enter(flash, CFI_READ_QUERY, CFI_NEXT_COMMAND);
		break;
	default: /* CMD_READ_ARRAY; what is no command is taken for it */
		read_array_command(flash);
		break;
	}
}

void cfi_flash_write(struct cfi_flash *flash, uint32_t offset, unsigned size, uint32_t value)
{
	uint8_t data[4], command = (uint8_t)value;

	if (offset % size)
		return;
	switch (flash->next) {
	case CFI_NEXT_PROGRAM:
		memcpy(data, &value, sizeof(data));
		flash->next = CFI_NEXT_COMMAND;
		program(flash, offset, data, size);
		return;
	case CFI_NEXT_BUFFER_DATA:
		buffer_data(flash, offset, size, value);
		return;
	default:
		break;
	}
	if (offset % 4) /* commands are on the lines of the lowest byte */
		return;
	switch (flash->next) {
	case CFI_NEXT_BUFFER_COUNT:
		buffer_count(flash, value);
		break;
	case CFI_NEXT_BUFFER_CONFIRM:
		buffer_confirm(flash, command);
		break;
	case CFI_NEXT_ERASE_CONFIRM:
		erase_confirm(flash, offset, command);
		break;
	case CFI_NEXT_LOCK_CONFIRM:
		lock_confirm(flash, offset, command);
		break;
	default:
		first_command(flash, command);
		break;
	}
}
