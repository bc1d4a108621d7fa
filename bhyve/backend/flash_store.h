/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What flash holds, kept in a file: an image of the bank that other tools can read, as long or
 * shorter than the bank.
 *
 * A change happens as a whole or not at all, whenever the process is killed, the power goes or the
 * disk is full. A change within one page of the file is one write. A larger one is first noted, in
 * a record behind the end of the image, which is cut off again when the change is done; opening the
 * file finishes what a record says. The lock on the file ends with the process.
 */
#ifndef BHYVE_BACKEND_FLASH_STORE_H
#define BHYVE_BACKEND_FLASH_STORE_H

#include <stddef.h>
#include <stdint.h>

struct flash_store;

/* Longest change that is not an erasure, in bytes. */
#define FLASH_STORE_WRITE_MAX 2048u

/*
 * Opens the file for one process alone and finishes what an earlier one began. With path NULL the
 * store is in memory, erased, and `block` * 4 bytes long. Its size must be a multiple of block and
 * at most max (bytes). Negative errno with a sentence in err, which starts with the path.
 */
int flash_store_open(const char *path, uint32_t block, uint32_t max, struct flash_store **out,
		     char *err, size_t errlen);

/* Bytes. */
uint32_t flash_store_size(const struct flash_store *store);

/*
 * Offsets and lengths are in bytes, within the store. write takes FLASH_STORE_WRITE_MAX bytes at
 * most; erase makes all bytes 0xff. Negative errno: nothing has changed; the first failure, and the
 * first after a success, is reported. opaque is the store.
 */
int flash_store_read(void *opaque, uint32_t offset, void *buf, uint32_t len);
int flash_store_write(void *opaque, uint32_t offset, const void *buf, uint32_t len);
int flash_store_erase(void *opaque, uint32_t offset, uint32_t len);

/* Returns when all changes are on the disk. */
int flash_store_sync(void *opaque);

/* Syncs, closes and frees. NULL is allowed. */
void flash_store_close(struct flash_store *store);

#endif
