// SPDX-License-Identifier: BSD-2-Clause
/* EL2's own stage 1: see el2_map.h, and el2_share in el2.h. Of a host at EL2 it is the host's own,
 * which has everything. */
#include "el2_map.h"

#include "el2.h"
#include "el2_registers.h"
#include "host.h"
#include "pgtable.h"

#define GICR_FRAMES_SIZE 0x20000 /* RD_base and SGI_base, GICv3 12.10 */

#define NORMAL \
	(PGTABLE_AF | PGTABLE_SH_INNER | PGTABLE_S1_AP_RES1 | PGTABLE_S1_ATTR(EL2_MAIR_NORMAL))
#define TEXT   (NORMAL | PGTABLE_S1_READONLY)
#define RODATA (NORMAL | PGTABLE_S1_READONLY | PGTABLE_S1_XN)
#define DATA   (NORMAL | PGTABLE_S1_XN)
#define DEVICE (PGTABLE_AF | PGTABLE_S1_AP_RES1 | PGTABLE_S1_ATTR(EL2_MAIR_DEVICE) | PGTABLE_S1_XN)

static struct pgtable map;
static struct host_mutex map_lock;

static void invalidate(struct pgtable *table, uint64_t address, uint64_t size)
{
	(void)table;
	(void)address;
	(void)size;
	/* When no CPU is ours nobody has translations: a CPU that is taken later starts without
	 * any. */
	el2_call(HYP_CALL_TLBI_EL2, 0, 0, 0, 0, NULL);
}

static int identity(uint64_t start, uint64_t end, uint64_t attributes)
{
	return pgtable_map(&map, start, pa_from(start), end - start, attributes, false);
}

int el2_map_start(void)
{
	int error;

	if (el2_is_hosts)
		return 0;
	host_mutex_init(&map_lock);
	error = pgtable_init(&map, EL2_MAP_BITS, false, invalidate, NULL);
	if (!error)
		host_clean_dcache(map.root, VMM_PAGE_SIZE);
	map.clean = true;
	return error;
}

void el2_map_stop(void)
{
	if (!el2_is_hosts)
		pgtable_destroy(&map);
}

pa_t el2_map_root(void)
{
	return el2_is_hosts ? pa_from(0) : host_pa(map.root);
}

int el2_map_image(pa_t image, const struct hyp_image *header)
{
	uint64_t base = image.value;
	int error = identity(base, base + header->rodata, TEXT);

	if (!error)
		error = identity(base + header->rodata, base + header->data, RODATA);
	if (!error)
		error = identity(base + header->data, base + header->end, DATA);
	return error;
}

int el2_map_cpu(pa_t block, pa_t gicr)
{
	uint64_t guard = block.value + HYP_CPU_GUARD_OFFSET;
	int error;

	if (el2_is_hosts)
		return 0;
	error = identity(block.value, guard, DATA);
	if (!error)
		error = identity(guard + VMM_PAGE_SIZE, block.value + HYP_CPU_BLOCK_SIZE, DATA);
	if (!error)
		error = identity(gicr.value, gicr.value + GICR_FRAMES_SIZE, DEVICE);
	return error;
}

int el2_share(pa_t pa, uint64_t size)
{
	int error;

	if (el2_is_hosts)
		return 0;
	host_mutex_lock(&map_lock);
	error = pgtable_map(&map, pa.value, pa, size, DATA, false);
	host_mutex_unlock(&map_lock);
	return error;
}

void el2_unshare(pa_t pa, uint64_t size)
{
	if (el2_is_hosts)
		return;
	host_mutex_lock(&map_lock);
	pgtable_unmap(&map, pa.value, size);
	host_mutex_unlock(&map_lock);
}
