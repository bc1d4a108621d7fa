// SPDX-License-Identifier: BSD-2-Clause
/* Translation tables with the 4 KiB granule: see pgtable.h. */
#include "pgtable.h"

#include "host.h"

#define ENTRIES_SHIFT	       9
#define ENTRIES		       (1u << ENTRIES_SHIFT)
#define MAX_CONCATENATED_SHIFT 4 /* 16 tables, Arm ARM D8.2.2 */

/* Where a range operation is: a table, its level, and the part of the range that falls into it. */
struct step {
	struct pgtable *table;
	unsigned int level;
	uint64_t address, end;
};

static unsigned int level_shift(unsigned int level)
{
	return VMM_PAGE_SHIFT + ENTRIES_SHIFT * (PGTABLE_PAGE_LEVEL - level);
}

static uint64_t level_size(unsigned int level)
{
	return UINT64_C(1) << level_shift(level);
}

static bool is_table(uint64_t descriptor, unsigned int level)
{
	return level < PGTABLE_PAGE_LEVEL &&
	       (descriptor & (PGTABLE_VALID | PGTABLE_TABLE)) == (PGTABLE_VALID | PGTABLE_TABLE);
}

static bool is_leaf(uint64_t descriptor, unsigned int level)
{
	return (descriptor & PGTABLE_VALID) && !is_table(descriptor, level);
}

static uint64_t leaf_descriptor(uint64_t pa, uint64_t attributes, unsigned int level)
{
	uint64_t type = level == PGTABLE_PAGE_LEVEL ? PGTABLE_TABLE : 0;

	return pa | attributes | type | PGTABLE_VALID;
}

static uint64_t *next_table(uint64_t descriptor)
{
	return host_va(pa_from(descriptor & PGTABLE_ADDRESS));
}

/* In the root, the index has the bits of the concatenated tables too. */
static unsigned int entry_index(const struct pgtable *table, unsigned int level, uint64_t address)
{
	unsigned int index = address >> level_shift(level);

	return level == table->start_level ? index : index & (ENTRIES - 1);
}

static uint64_t entry_end(const struct step *step)
{
	uint64_t next = (step->address & ~(level_size(step->level) - 1)) + level_size(step->level);

	return next < step->end ? next : step->end;
}

static bool covers_entry(const struct step *step)
{
	return !((step->address | step->end) & (level_size(step->level) - 1)) &&
	       step->address != step->end;
}

static void write_entry(const struct pgtable *table, uint64_t *entry, uint64_t value)
{
	HOST_WRITE_RELEASE(*entry, value);
	if (table->clean)
		host_clean_dcache(entry, sizeof(*entry));
}

/* Makes an entry invalid and its translations forgotten; then something else may be written, or a
 * table freed. */
static void break_entry(struct pgtable *table, uint64_t *entry, uint64_t address, uint64_t size)
{
	write_entry(table, entry, 0);
	host_mb();
	table->invalidate(table, address, size);
}

static uint64_t *table_alloc(struct pgtable *table)
{
	uint64_t *page = host_alloc_pages(0, table->account);

	if (page)
		table->table_pages++;
	return page;
}

static void table_free(struct pgtable *table, uint64_t *page)
{
	host_free_pages(page, 0);
	table->table_pages--;
}

static void table_free_below(struct pgtable *table, uint64_t *page, unsigned int level)
{
	for (unsigned int i = 0; i < ENTRIES; i++) {
		if (is_table(page[i], level))
			table_free_below(table, next_table(page[i]), level + 1);
	}
	table_free(table, page);
}

static bool table_is_empty(const uint64_t *page)
{
	for (unsigned int i = 0; i < ENTRIES; i++) {
		if (page[i])
			return false;
	}
	return true;
}

/* Points an entry, which is invalid, to a table that is complete. */
static void link_table(struct pgtable *table, uint64_t *entry, uint64_t *page)
{
	if (table->clean)
		host_clean_dcache(page, VMM_PAGE_SIZE);
	write_entry(table, entry, host_pa(page).value | PGTABLE_TABLE | PGTABLE_VALID);
}

/* Replaces a block by a table of the next level that maps the same. */
static int split_block(struct pgtable *table, uint64_t *entry, unsigned int level, uint64_t address)
{
	uint64_t attributes = *entry & PGTABLE_ATTRIBUTES;
	uint64_t pa = *entry & PGTABLE_ADDRESS;
	uint64_t *page = table_alloc(table);

	if (!page)
		return -ENOMEM;
	for (unsigned int i = 0; i < ENTRIES; i++)
		page[i] = leaf_descriptor(pa + i * level_size(level + 1), attributes, level + 1);
	break_entry(table, entry, address & ~(level_size(level) - 1), level_size(level));
	link_table(table, entry, page);
	return 0;
}

/* The table below an entry: made if there is nothing, a block is split. Null: no memory. */
static uint64_t *descend(struct pgtable *table, uint64_t *entry, unsigned int level,
			 uint64_t address)
{
	if (is_leaf(*entry, level) && split_block(table, entry, level, address))
		return NULL;
	if (!is_table(*entry, level)) {
		uint64_t *page = table_alloc(table);

		if (page)
			link_table(table, entry, page);
		return page;
	}
	return next_table(*entry);
}

static void map_leaf(const struct step *step, uint64_t *entry, uint64_t descriptor)
{
	uint64_t old = *entry;

	if (old == descriptor)
		return;
	if (old & PGTABLE_VALID)
		break_entry(step->table, entry, step->address, level_size(step->level));
	write_entry(step->table, entry, descriptor);
	if (is_table(old, step->level))
		table_free_below(step->table, next_table(old), step->level + 1);
}

struct mapping {
	uint64_t pa, attributes;
	bool blocks;
};

static int map_range(struct step step, uint64_t *entries, struct mapping mapping)
{
	int error = 0;

	while (step.address < step.end && !error) {
		uint64_t *entry = &entries[entry_index(step.table, step.level, step.address)];
		struct step part = step;

		part.end = entry_end(&step);
		if (step.level == PGTABLE_PAGE_LEVEL ||
		    (step.level == PGTABLE_BLOCK_LEVEL && mapping.blocks && covers_entry(&part) &&
		     !(mapping.pa & (level_size(step.level) - 1)))) {
			map_leaf(&part, entry,
				 leaf_descriptor(mapping.pa, mapping.attributes, step.level));
		} else {
			uint64_t *below = descend(step.table, entry, step.level, step.address);

			part.level++;
			error = below ? map_range(part, below, mapping) : -ENOMEM;
		}
		mapping.pa += part.end - step.address;
		step.address = part.end;
	}
	return error;
}

static void unlink_entry(const struct step *part, uint64_t *entry)
{
	uint64_t old = *entry;

	break_entry(part->table, entry, part->address, part->end - part->address);
	if (is_table(old, part->level))
		table_free_below(part->table, next_table(old), part->level + 1);
}

static int unmap_range(struct step step, uint64_t *entries);

static int unmap_inside(struct step part, uint64_t *entry)
{
	struct step whole = part;
	uint64_t *below = descend(part.table, entry, part.level, part.address);
	int error;

	if (!below)
		return -ENOMEM;
	part.level++;
	error = unmap_range(part, below);
	if (table_is_empty(below)) {
		whole.address &= ~(level_size(whole.level) - 1);
		whole.end = whole.address + level_size(whole.level);
		unlink_entry(&whole, entry);
	}
	return error;
}

static int unmap_range(struct step step, uint64_t *entries)
{
	int error = 0;

	while (step.address < step.end && !error) {
		uint64_t *entry = &entries[entry_index(step.table, step.level, step.address)];
		struct step part = step;

		part.end = entry_end(&step);
		if (*entry & PGTABLE_VALID) {
			if (covers_entry(&part))
				unlink_entry(&part, entry);
			else
				error = unmap_inside(part, entry);
		}
		step.address = part.end;
	}
	return error;
}

struct change {
	uint64_t clear, set;
	bool split;
};

static void protect_leaf(const struct step *part, uint64_t *entry, struct change change)
{
	uint64_t old = *entry;
	uint64_t descriptor = (old & ~change.clear) | change.set;

	if (descriptor == old)
		return;
	write_entry(part->table, entry, descriptor);
	host_mb();
	part->table->invalidate(part->table, part->address, part->end - part->address);
}

static int protect_range(struct step step, uint64_t *entries, struct change change)
{
	int error = 0;

	while (step.address < step.end && !error) {
		uint64_t *entry = &entries[entry_index(step.table, step.level, step.address)];
		struct step part = step;

		part.end = entry_end(&step);
		if (is_leaf(*entry, step.level) && covers_entry(&part) &&
		    (step.level == PGTABLE_PAGE_LEVEL || !change.split)) {
			protect_leaf(&part, entry, change);
		} else if (*entry & PGTABLE_VALID) {
			uint64_t *below = descend(step.table, entry, step.level, step.address);

			part.level++;
			error = below ? protect_range(part, below, change) : -ENOMEM;
		}
		step.address = part.end;
	}
	return error;
}

/* The range as a step at the root, or -EINVAL. */
static int first_step(struct pgtable *table, uint64_t address, uint64_t size, struct step *step)
{
	uint64_t limit = UINT64_C(1) << table->address_bits;

	if ((address | size) & (VMM_PAGE_SIZE - 1))
		return -EINVAL;
	if (address > limit || size > limit - address)
		return -EINVAL;
	*step = (struct step){ table, table->start_level, address, address + size };
	return 0;
}

int pgtable_init(struct pgtable *table, unsigned int address_bits, bool concatenate,
		 pgtable_invalidate_fn *invalidate, void *owner)
{
	unsigned int level = 0;

	if (address_bits < 32 || address_bits > 48)
		return -EINVAL;
	while (address_bits <= level_shift(level))
		level++;
	*table = (struct pgtable){
		.address_bits = address_bits,
		.start_level = level,
		.invalidate = invalidate,
		.owner = owner,
	};
	if (concatenate && level < PGTABLE_BLOCK_LEVEL &&
	    address_bits - level_shift(level) <= MAX_CONCATENATED_SHIFT) {
		table->root_order = address_bits - level_shift(level);
		table->start_level++;
	}
	table->root = host_alloc_pages(table->root_order, true);
	table->table_pages = (size_t)1 << table->root_order;
	return table->root ? 0 : -ENOMEM;
}

void pgtable_destroy(struct pgtable *table)
{
	unsigned int entries = ENTRIES << table->root_order;

	if (!table->root)
		return;
	for (unsigned int i = 0; i < entries; i++) {
		if (is_table(table->root[i], table->start_level))
			table_free_below(table, next_table(table->root[i]), table->start_level + 1);
	}
	host_free_pages(table->root, table->root_order);
	table->root = NULL;
	table->table_pages = 0;
}

int pgtable_map(struct pgtable *table, uint64_t address, pa_t pa, uint64_t size,
		uint64_t attributes, bool blocks)
{
	struct mapping mapping = { pa.value, attributes & PGTABLE_ATTRIBUTES, blocks };
	struct step step;
	int error = first_step(table, address, size, &step);

	if (error)
		return error;
	if ((pa.value & ~PGTABLE_ADDRESS) || size > PGTABLE_ADDRESS + VMM_PAGE_SIZE - pa.value)
		return -EINVAL;
	error = map_range(step, table->root, mapping);
	host_mb();
	return error;
}

int pgtable_unmap(struct pgtable *table, uint64_t address, uint64_t size)
{
	struct step step;
	int error = first_step(table, address, size, &step);

	return error ? error : unmap_range(step, table->root);
}

int pgtable_protect(struct pgtable *table, uint64_t address, uint64_t size, uint64_t clear,
		    uint64_t set, bool split)
{
	struct change change = { clear & PGTABLE_ATTRIBUTES, set & PGTABLE_ATTRIBUTES, split };
	struct step step;
	int error = first_step(table, address, size, &step);

	return error ? error : protect_range(step, table->root, change);
}

bool pgtable_lookup(const struct pgtable *table, uint64_t address, struct pgtable_leaf *leaf)
{
	const uint64_t *entries = table->root;
	unsigned int level = table->start_level;
	uint64_t descriptor, offset;

	if (address >> table->address_bits)
		return false;
	descriptor = HOST_READ(entries[entry_index(table, level, address)]);
	while (is_table(descriptor, level)) {
		entries = next_table(descriptor);
		level++;
		descriptor = HOST_READ(entries[entry_index(table, level, address)]);
	}
	if (!(descriptor & PGTABLE_VALID))
		return false;
	offset = address & (level_size(level) - 1);
	leaf->pa = pa_from((descriptor & PGTABLE_ADDRESS) + offset);
	leaf->attributes = descriptor & PGTABLE_ATTRIBUTES;
	leaf->size = level_size(level);
	return true;
}
