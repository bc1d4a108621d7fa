/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage 2 of one virtual machine: its tables, VTCR_EL2 and VTTBR_EL2, and its VMID (Arm ARM D8.4,
 * D8.13.3).
 *
 * Locking: changes of the tables are serialised by the caller (the VM's memory lock). stage2_vttbr
 * has a lock of its own.
 */
#ifndef VMM_CORE_STAGE2_H
#define VMM_CORE_STAGE2_H

#include "pgtable.h"

#define STAGE2_READ    0x1u
#define STAGE2_WRITE   0x2u
#define STAGE2_EXECUTE 0x4u
#define STAGE2_DEVICE  0x8u /* Device-nGnRE in place of Normal write-back */
#define STAGE2_RWX     (STAGE2_READ | STAGE2_WRITE | STAGE2_EXECUTE)

struct stage2 {
	struct pgtable table;
	pa_t root;     /* of the table */
	uint64_t vtcr; /* VTCR_EL2, fixed */
	uint64_t vmid; /* generation and VMID, see vmid.c; 0: none yet */
};

/*
 * Makes empty tables. The tables are charged to the memory cgroup of the process that maps. -ENODEV
 * before el2_start, -ENOMEM.
 */
int stage2_init(struct stage2 *stage2);
/* Frees the tables and invalidates the VMID's TLB entries. No vCPU of the VM runs any more. */
void stage2_destroy(struct stage2 *stage2);

/* First address that is not an IPA of the machine's guests: 2^40, less on a machine with less
 * physical address bits. */
uint64_t stage2_limit(void);

/*
 * Maps [ipa, ipa + size) to pa, multiples of 4096; with 2 MiB blocks where ipa, pa and size allow.
 * access is of STAGE2_*. Replaces what was there. -EINVAL, -ENOMEM.
 */
int stage2_map(struct stage2 *stage2, ipa_t ipa, pa_t pa, uint64_t size, unsigned int access);
/* One page, one 2 MiB block (-EINVAL if pa or ipa is not aligned to it). */
int stage2_map_page(struct stage2 *stage2, ipa_t ipa, pa_t pa, unsigned int access);
int stage2_map_block(struct stage2 *stage2, ipa_t ipa, pa_t pa, unsigned int access);
int stage2_unmap(struct stage2 *stage2, ipa_t ipa, uint64_t size);
/* Takes away (or gives back) the right to write; "split" makes pages of blocks, for a log of dirty
 * pages. */
int stage2_protect(struct stage2 *stage2, ipa_t ipa, uint64_t size, bool writable, bool split);
/* The physical address of ipa; false if nothing is mapped there. size may be null: bytes of the
 * leaf. */
bool stage2_lookup(const struct stage2 *stage2, ipa_t ipa, pa_t *pa, uint64_t *size);

/*
 * VTTBR_EL2 for entering the guest on this CPU now: called right before each entry with interrupts
 * off, on a CPU that is at EL2 ours. Gives the VM a VMID when it has none of the current
 * generation. The value does not change while a vCPU of the VM runs on any CPU, so writing it to
 * struct hyp_vm.vttbr before each entry is right.
 */
uint64_t stage2_vttbr(struct stage2 *stage2);

/* Bytes that the tables take. */
static inline uint64_t stage2_overhead(const struct stage2 *stage2)
{
	return (uint64_t)stage2->table.table_pages << VMM_PAGE_SHIFT;
}

#endif
