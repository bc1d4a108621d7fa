// SPDX-License-Identifier: BSD-2-Clause
/* Stage 2 of one virtual machine: see stage2.h. */
#include "stage2.h"

#include "el2.h"
#include "host.h"
#include "vmid.h"

#define VTTBR_VMID_SHIFT 48

static uint64_t make_vttbr(const struct stage2 *stage2, uint64_t vmid)
{
	return stage2->root.value | vmid << VTTBR_VMID_SHIFT;
}

/* Translations can only be cached under the VMID that the VM has now: older ones went with their
 * generation. */
static void stage2_invalidate(struct pgtable *table, uint64_t address, uint64_t size)
{
	struct stage2 *stage2 = table->owner;
	uint64_t vmid = vmid_peek(&stage2->vmid);

	if (vmid)
		el2_call(HYP_CALL_TLBI_IPA, make_vttbr(stage2, vmid), address, size, 0, NULL);
}

int stage2_init(struct stage2 *stage2)
{
	int error;

	if (!el2_started())
		return -ENODEV;
	*stage2 = (struct stage2){ .vtcr = el2_vtcr() };
	error = pgtable_init(&stage2->table, el2_ipa_bits(), true, stage2_invalidate, stage2);
	stage2->table.account = true;
	if (!error)
		stage2->root = host_pa(stage2->table.root);
	return error;
}

void stage2_destroy(struct stage2 *stage2)
{
	if (!stage2->table.root)
		return;
	stage2_invalidate(&stage2->table, 0, 0);
	pgtable_destroy(&stage2->table);
}

uint64_t stage2_limit(void)
{
	return UINT64_C(1) << el2_ipa_bits();
}

static uint64_t leaf_attributes(unsigned int access)
{
	uint64_t attributes = PGTABLE_AF | PGTABLE_SH_INNER;

	attributes |= access & STAGE2_DEVICE ? PGTABLE_S2_DEVICE : PGTABLE_S2_NORMAL_WB;
	if (access & STAGE2_READ)
		attributes |= PGTABLE_S2_READ;
	if (access & STAGE2_WRITE)
		attributes |= PGTABLE_S2_WRITE;
	if (!(access & STAGE2_EXECUTE))
		attributes |= PGTABLE_S2_XN;
	return attributes;
}

int stage2_map(struct stage2 *stage2, ipa_t ipa, pa_t pa, uint64_t size, unsigned int access)
{
	return pgtable_map(&stage2->table, ipa.value, pa, size, leaf_attributes(access), true);
}

int stage2_map_page(struct stage2 *stage2, ipa_t ipa, pa_t pa, unsigned int access)
{
	return stage2_map(stage2, ipa, pa, VMM_PAGE_SIZE, access);
}

int stage2_map_block(struct stage2 *stage2, ipa_t ipa, pa_t pa, unsigned int access)
{
	if ((ipa.value | pa.value) & (VMM_BLOCK_SIZE - 1))
		return -EINVAL;
	return stage2_map(stage2, ipa, pa, VMM_BLOCK_SIZE, access);
}

int stage2_unmap(struct stage2 *stage2, ipa_t ipa, uint64_t size)
{
	return pgtable_unmap(&stage2->table, ipa.value, size);
}

int stage2_protect(struct stage2 *stage2, ipa_t ipa, uint64_t size, bool writable, bool split)
{
	return pgtable_protect(&stage2->table, ipa.value, size, writable ? 0 : PGTABLE_S2_WRITE,
			       writable ? PGTABLE_S2_WRITE : 0, split);
}

bool stage2_lookup(const struct stage2 *stage2, ipa_t ipa, pa_t *pa, uint64_t *size)
{
	struct pgtable_leaf leaf;

	if (!pgtable_lookup(&stage2->table, ipa.value, &leaf))
		return false;
	*pa = leaf.pa;
	if (size)
		*size = leaf.size;
	return true;
}

uint64_t stage2_vttbr(struct stage2 *stage2)
{
	return make_vttbr(stage2, vmid_get(&stage2->vmid));
}
