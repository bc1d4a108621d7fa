/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CFI flash with the Intel/Sharp extended command set: the state machine of one bank, two 16-bit
 * chips side by side that always get the same commands, as the `virt` machine of QEMU has them.
 *
 * JEDEC JESD68.01 (CFI), JEP137 (command set 0x0001); commands and status as in Intel's StrataFlash
 * data sheets. Blocks come up unlocked. The state machine has no lock of its own and knows nothing
 * of files: what the chips hold is behind struct cfi_flash_array.
 */
#ifndef BHYVE_DEVICE_CFI_FLASH_H
#define BHYVE_DEVICE_CFI_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a bank, of an erase block and of the write buffer. */
#define CFI_FLASH_SIZE	      0x04000000u
#define CFI_FLASH_BLOCK_SIZE  0x40000u
#define CFI_FLASH_BLOCKS      (CFI_FLASH_SIZE / CFI_FLASH_BLOCK_SIZE)
#define CFI_FLASH_BUFFER_SIZE 0x800u

/* Status register. Both error bits set: a sequence of commands that makes no sense. */
#define CFI_STATUS_READY      0x80u
#define CFI_STATUS_ERASE      0x20u
#define CFI_STATUS_PROGRAM    0x10u
#define CFI_STATUS_LOCKED     0x02u

/*
 * What the chips hold. Offsets and lengths are in bytes and within the bank. write replaces bytes
 * and erase makes all of them 0xff; each happens as a whole or, with a negative errno, not at all.
 * sync returns when everything before it will outlive a power cut. Blocks from `writable` on are
 * locked for good, and need no write and erase.
 */
struct cfi_flash_array {
	void *opaque;
	uint32_t writable;
	int (*read)(void *opaque, uint32_t offset, void *buf, uint32_t len);
	int (*write)(void *opaque, uint32_t offset, const void *buf, uint32_t len);
	int (*erase)(void *opaque, uint32_t offset, uint32_t len);
	int (*sync)(void *opaque);
};

enum cfi_flash_mode { CFI_READ_ARRAY, CFI_READ_STATUS, CFI_READ_ID, CFI_READ_QUERY };

/* What the next write means. */
enum cfi_flash_next {
	CFI_NEXT_COMMAND,
	CFI_NEXT_PROGRAM,
	CFI_NEXT_BUFFER_COUNT,
	CFI_NEXT_BUFFER_DATA,
	CFI_NEXT_BUFFER_CONFIRM,
	CFI_NEXT_ERASE_CONFIRM,
	CFI_NEXT_LOCK_CONFIRM,
};

struct cfi_flash {
	const struct cfi_flash_array *array;
	enum cfi_flash_mode mode;
	enum cfi_flash_next next;
	uint8_t status;
	bool dirty;	/* changed since the last sync */
	uint32_t start; /* of what is in the buffer, offset in the bank */
	uint32_t words; /* writes that the buffer is to get, of a word or, from old drivers, half of
			   it */
	uint32_t filled; /* writes that it has got */
	uint32_t extent; /* bytes of the buffer up to the last that was written */
	uint8_t buffer[CFI_FLASH_BUFFER_SIZE];
	uint8_t locked[CFI_FLASH_BLOCKS / 8];
	uint8_t locked_down[CFI_FLASH_BLOCKS / 8];
};

/* Power-up: reads the array, status clear, blocks unlocked. The array must outlive the flash. */
void cfi_flash_reset(struct cfi_flash *flash, const struct cfi_flash_array *array);

/* Whether a read, now, is one of the array, as if the flash were memory. */
bool cfi_flash_is_memory(const struct cfi_flash *flash);

/* An access of 1, 2 or 4 bytes within the bank; one that is not aligned reads as 0 and writes
 * nothing. */
uint32_t cfi_flash_read(struct cfi_flash *flash, uint32_t offset, unsigned size);
void cfi_flash_write(struct cfi_flash *flash, uint32_t offset, unsigned size, uint32_t value);

#endif
