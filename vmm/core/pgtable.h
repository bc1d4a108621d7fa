/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation tables of the VMSAv8-64 with the 4 KiB granule (Arm ARM D8.2, D8.3): stage 2 of a
 * virtual machine and stage 1 of EL2 are both made with them; they differ in the attributes of
 * leaves, which the caller gives as the descriptor's bits, and in how their TLB entries are
 * invalidated, which is a callback.
 *
 * Locking: the caller's. A table walk of the hardware may happen at any time: descriptors are
 * written with one store, and a valid descriptor is replaced only through an invalid one
 * (break-before-make, Arm ARM D8.14.1).
 */
#ifndef VMM_CORE_PGTABLE_H
#define VMM_CORE_PGTABLE_H

#include "vmm_types.h"

#define PGTABLE_BLOCK_LEVEL    2
#define PGTABLE_PAGE_LEVEL     3

/* Descriptor bits, Arm ARM D8.3.1. */
#define PGTABLE_VALID	       (UINT64_C(1) << 0)
#define PGTABLE_TABLE	       (UINT64_C(1) << 1) /* levels 0 to 2: next-level table; level 3: page */
#define PGTABLE_AF	       (UINT64_C(1) << 10)
#define PGTABLE_SH_INNER       (UINT64_C(3) << 8)
#define PGTABLE_ADDRESS	       UINT64_C(0x0000fffffffff000)
#define PGTABLE_ATTRIBUTES     UINT64_C(0xfff0000000000ffc)

/* Stage 1 of EL2, one privilege level: Arm ARM D8.3.2. The index is of MAIR_EL2. */
#define PGTABLE_S1_ATTR(index) ((uint64_t)(index) << 2)
#define PGTABLE_S1_AP_RES1     (UINT64_C(1) << 6)
#define PGTABLE_S1_READONLY    (UINT64_C(1) << 7)
#define PGTABLE_S1_XN	       (UINT64_C(1) << 54)

/* Stage 2: Arm ARM D8.3.2, D8.5.5. */
#define PGTABLE_S2_NORMAL_WB   (UINT64_C(0xf) << 2)
#define PGTABLE_S2_DEVICE      (UINT64_C(0x1) << 2) /* Device-nGnRE */
#define PGTABLE_S2_READ	       (UINT64_C(1) << 6)
#define PGTABLE_S2_WRITE       (UINT64_C(1) << 7)
#define PGTABLE_S2_XN	       (UINT64_C(1) << 54)

struct pgtable;

/*
 * Invalidates the TLB entries of [address, address + size) on all CPUs and waits until that is
 * done. Called between "break" and "make", and before a table that was unlinked is freed. Context:
 * the caller's of the pgtable function.
 */
typedef void pgtable_invalidate_fn(struct pgtable *table, uint64_t address, uint64_t size);

struct pgtable {
	uint64_t *root; /* 2^root_order pages: tables of start_level, concatenated */
	unsigned int root_order;
	unsigned int start_level;
	unsigned int address_bits;
	bool account;	    /* charge tables to the memory cgroup of the process that maps */
	bool clean;	    /* clean every descriptor to the point of coherency */
	size_t table_pages; /* pages that the tables take, the root's included */
	pgtable_invalidate_fn *invalidate;
	void *owner; /* of the callback */
};

/*
 * Makes an empty table for addresses of "address_bits" (32 to 48). With concatenation the walk
 * starts one level further down where at most 16 tables do (stage 2 only, Arm ARM D8.2.2). -ENOMEM,
 * -EINVAL.
 */
int pgtable_init(struct pgtable *table, unsigned int address_bits, bool concatenate,
		 pgtable_invalidate_fn *invalidate, void *owner);

/* Frees all tables. Nobody walks them any more: TLB entries are the caller's affair. */
void pgtable_destroy(struct pgtable *table);

/*
 * Maps [address, address + size) to [pa, pa + size) with the given attributes (PGTABLE_ATTRIBUTES
 * bits), all multiples of 4096; with 2 MiB blocks where address, pa and size allow and "blocks" is
 * set, and with pages elsewhere. What was mapped there before is replaced, through an invalid
 * descriptor; a page inside an old block splits the block. -EINVAL (not aligned, outside the
 * table's addresses), -ENOMEM (what was mapped so far stays).
 */
int pgtable_map(struct pgtable *table, uint64_t address, pa_t pa, uint64_t size,
		uint64_t attributes, bool blocks);

/*
 * Unmaps [address, address + size), multiples of 4096, invalidates the TLB if anything was mapped,
 * and frees tables that got empty. A block of which only a part goes is split; that can fail with
 * -ENOMEM, and then nothing of that block has changed. -EINVAL as above.
 */
int pgtable_unmap(struct pgtable *table, uint64_t address, uint64_t size);

/*
 * Changes attributes of what is mapped in [address, address + size): those of "clear" go, those of
 * "set" come. Blocks are split at the range's ends (-ENOMEM), or, with "split", everywhere (dirty
 * logging wants pages). TLB entries are invalidated where a descriptor changed.
 */
int pgtable_protect(struct pgtable *table, uint64_t address, uint64_t size, uint64_t clear,
		    uint64_t set, bool split);

struct pgtable_leaf {
	pa_t pa;	     /* of "address", not of the leaf's start */
	uint64_t attributes; /* PGTABLE_ATTRIBUTES bits */
	uint64_t size;	     /* 4096, or of the block */
};

/* What "address" is mapped to. False if to nothing. */
bool pgtable_lookup(const struct pgtable *table, uint64_t address, struct pgtable_leaf *leaf);

#endif
