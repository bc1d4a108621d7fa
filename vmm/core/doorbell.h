/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doorbells: guest writes to an address that signal an event of the host in place of an exit to
 * user space.
 *
 * Locking: changes are serialised by the caller (vm.lock); doorbell_ring takes no lock, it reads a
 * table that is replaced as a whole and freed after a gate wait.
 */
#ifndef VMM_CORE_DOORBELL_H
#define VMM_CORE_DOORBELL_H

#include "host_vm.h"

#define DOORBELL_MAX 256

struct doorbell {
	uint64_t ipa;
	uint64_t data; /* with "match": the only value that rings */
	uint32_t size; /* bytes of the write: 1, 2, 4 or 8 */
	bool match;
	const void *owner; /* who has it removed when he goes (an open file) */
	void *event;
};

struct doorbell_table {
	unsigned int count;
	struct doorbell entry[]; /* sorted by ipa */
};

/* The table of a VM: null while it is empty. */
struct doorbells {
	struct doorbell_table *table;
};

/* Adds one; on success the doorbell's reference to "event" is kept. -EEXIST, -ENOSPC, -ENOMEM. */
int doorbell_add(struct doorbells *doorbells, const struct doorbell *doorbell);
/* Removes the one with the same ipa, size, match and data, and the same event. -ENOENT, -ENOMEM. */
int doorbell_remove(struct doorbells *doorbells, const struct doorbell *doorbell);
/* Removes all of one owner; null: all. Never fails. */
void doorbell_remove_owner(struct doorbells *doorbells, const void *owner);
/* The guest wrote: signals the doorbell if there is one. Process context. */
bool doorbell_ring(struct doorbells *doorbells, uint64_t ipa, unsigned int size, uint64_t data);

#endif
