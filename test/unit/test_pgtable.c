// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/pgtable.c, against a walk written from the architecture (table_walk.h). */
/* sources: vmm/core/pgtable.c test/unit/fake_host.c */
/* cflags: -Ivmm/core */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_host.h"
#include "pgtable.h"
#include "table_walk.h"

#define PAGE   VMM_PAGE_SIZE
#define BLOCK  VMM_BLOCK_SIZE
#define BASE   UINT64_C(0x40000000)
#define OUTPUT UINT64_C(0x880000000)
#define ATTRIBUTES \
	(PGTABLE_AF | PGTABLE_SH_INNER | PGTABLE_S2_NORMAL_WB | PGTABLE_S2_READ | PGTABLE_S2_WRITE)

static struct pgtable table;

static struct {
	unsigned int count;
	uint64_t address, size;
	bool was_mapped;    /* was the address translated while its TLB entries were invalidated? */
	size_t allocations; /* when it was called */
} invalidated;

static bool walk(uint64_t address, struct walk_result *result)
{
	return table_walk(host_pa(table.root).value, table.start_level, table.address_bits, address,
			  result);
}

static void note_invalidate(struct pgtable *which, uint64_t address, uint64_t size)
{
	struct walk_result result;

	assert_ptr_equal(which, &table);
	invalidated.count++;
	invalidated.address = address;
	invalidated.size = size;
	invalidated.was_mapped = walk(address, &result);
	invalidated.allocations = fake_host_allocations();
}

static int setup(void **state)
{
	(void)state;
	fake_host_reset();
	memset(&invalidated, 0, sizeof(invalidated));
	return pgtable_init(&table, 40, true, note_invalidate, NULL);
}

static int teardown(void **state)
{
	(void)state;
	pgtable_destroy(&table);
	return fake_host_allocations() ? -1 : 0;
}

static int map(uint64_t address, uint64_t output, uint64_t size)
{
	return pgtable_map(&table, address, pa_from(output), size, ATTRIBUTES, true);
}

static void assert_mapped(uint64_t address, uint64_t output, unsigned int level)
{
	struct walk_result result;

	assert_true(walk(address, &result));
	assert_int_equal(result.output, output);
	assert_int_equal(result.level, level);
}

static void assert_unmapped(uint64_t address)
{
	struct walk_result result;

	assert_false(walk(address, &result));
}

static void check_geometry(unsigned int bits, bool concatenate, unsigned int level,
			   unsigned int order)
{
	struct pgtable other;
	uint64_t last = (UINT64_C(1) << bits) - PAGE;
	struct walk_result result;

	assert_int_equal(pgtable_init(&other, bits, concatenate, note_invalidate, NULL), 0);
	assert_int_equal(other.start_level, level);
	assert_int_equal(other.root_order, order);
	assert_int_equal((uintptr_t)other.root & ((PAGE << order) - 1), 0);
	assert_int_equal(pgtable_map(&other, last, pa_from(OUTPUT), PAGE, ATTRIBUTES, true), 0);
	assert_true(table_walk(host_pa(other.root).value, level, bits, last + 8, &result));
	assert_int_equal(result.output, OUTPUT + 8);
	pgtable_destroy(&other);
}

static void start_level_and_root_size_follow_the_input_size(void **state)
{
	(void)state;
	check_geometry(48, false, 0, 0);
	check_geometry(40, true, 1, 1);
	check_geometry(40, false, 0, 0);
	check_geometry(43, true, 1, 4);
	check_geometry(44, true, 0, 0);
	check_geometry(39, true, 1, 0);
	check_geometry(36, true, 1, 0);
	check_geometry(34, true, 2, 4);
	check_geometry(32, true, 2, 2);
}

static void input_sizes_that_the_granule_has_not_are_refused(void **state)
{
	struct pgtable other;

	(void)state;
	assert_int_equal(pgtable_init(&other, 31, true, note_invalidate, NULL), -EINVAL);
	assert_int_equal(pgtable_init(&other, 49, true, note_invalidate, NULL), -EINVAL);
}

static void page_is_found_by_a_hardware_walk(void **state)
{
	struct walk_result result;

	(void)state;
	assert_int_equal(map(BASE + PAGE, OUTPUT, PAGE), 0);
	assert_mapped(BASE + PAGE, OUTPUT, 3);
	assert_mapped(BASE + PAGE + 0xabc, OUTPUT + 0xabc, 3);
	assert_unmapped(BASE);
	assert_unmapped(BASE + 2 * PAGE);
	assert_true(walk(BASE + PAGE, &result));
	assert_int_equal(result.descriptor, OUTPUT | ATTRIBUTES | 3);
}

static void aligned_two_mebibytes_become_a_block(void **state)
{
	struct walk_result result;

	(void)state;
	assert_int_equal(map(BASE, OUTPUT, BLOCK), 0);
	assert_mapped(BASE + BLOCK - 1, OUTPUT + BLOCK - 1, 2);
	assert_true(walk(BASE, &result));
	assert_int_equal(result.descriptor, OUTPUT | ATTRIBUTES | 1);
}

static void edges_of_a_range_become_pages_and_its_middle_blocks(void **state)
{
	(void)state;
	assert_int_equal(map(BASE - PAGE, OUTPUT - PAGE, 2 * BLOCK + 2 * PAGE), 0);
	assert_mapped(BASE - PAGE, OUTPUT - PAGE, 3);
	assert_mapped(BASE, OUTPUT, 2);
	assert_mapped(BASE + BLOCK, OUTPUT + BLOCK, 2);
	assert_mapped(BASE + 2 * BLOCK, OUTPUT + 2 * BLOCK, 3);
	assert_unmapped(BASE + 2 * BLOCK + PAGE);
}

static void output_that_is_not_aligned_gets_no_block(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT + PAGE, BLOCK), 0);
	assert_mapped(BASE + BLOCK - PAGE, OUTPUT + BLOCK, 3);
}

static void blocks_are_not_used_when_not_wanted(void **state)
{
	(void)state;
	assert_int_equal(pgtable_map(&table, BASE, pa_from(OUTPUT), BLOCK, ATTRIBUTES, false), 0);
	assert_mapped(BASE, OUTPUT, 3);
}

static void new_mapping_needs_no_invalidation(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT, BLOCK + PAGE), 0);
	assert_int_equal(invalidated.count, 0);
}

static void same_mapping_again_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT, PAGE), 0);
	assert_int_equal(map(BASE, OUTPUT, PAGE), 0);
	assert_int_equal(invalidated.count, 0);
}

static void mapping_is_replaced_through_an_invalid_descriptor(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT, PAGE), 0);
	assert_int_equal(map(BASE, OUTPUT + BLOCK, PAGE), 0);
	assert_int_equal(invalidated.count, 1);
	assert_int_equal(invalidated.address, BASE);
	assert_false(invalidated.was_mapped);
	assert_mapped(BASE, OUTPUT + BLOCK, 3);
}

static void table_replaced_by_a_block_is_freed_after_invalidation(void **state)
{
	size_t before;

	(void)state;
	assert_int_equal(map(BASE, OUTPUT, PAGE), 0);
	before = fake_host_allocations();
	assert_int_equal(map(BASE, OUTPUT, BLOCK), 0);
	assert_int_equal(invalidated.allocations, before);
	assert_int_equal(invalidated.size, BLOCK);
	assert_int_equal(fake_host_allocations(), before - 1);
	assert_mapped(BASE, OUTPUT, 2);
}

static void page_mapped_inside_a_block_splits_it(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT, BLOCK), 0);
	assert_int_equal(map(BASE + 5 * PAGE, OUTPUT + BLOCK, PAGE), 0);
	assert_mapped(BASE + 4 * PAGE, OUTPUT + 4 * PAGE, 3);
	assert_mapped(BASE + 5 * PAGE, OUTPUT + BLOCK, 3);
	assert_mapped(BASE + BLOCK - PAGE, OUTPUT + BLOCK - PAGE, 3);
}

static void split_breaks_the_block_before_the_table_is_made(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT, BLOCK), 0);
	assert_int_equal(pgtable_protect(&table, BASE + PAGE, PAGE, 0, 0, false), 0);
	assert_int_equal(invalidated.count, 1);
	assert_int_equal(invalidated.address, BASE);
	assert_int_equal(invalidated.size, BLOCK);
	assert_false(invalidated.was_mapped);
}

static void unmap_frees_tables_that_got_empty(void **state)
{
	(void)state;
	assert_int_equal(map(BASE - PAGE, OUTPUT - PAGE, BLOCK + 2 * PAGE), 0);
	assert_true(table.table_pages > 2);
	assert_int_equal(pgtable_unmap(&table, BASE - PAGE, PAGE), 0);
	assert_unmapped(BASE - PAGE);
	assert_mapped(BASE, OUTPUT, 2);
	assert_int_equal(pgtable_unmap(&table, BASE, BLOCK), 0);
	assert_int_equal(pgtable_unmap(&table, BASE + BLOCK, PAGE), 0);
	assert_int_equal(table.table_pages, 2);
	assert_int_equal(fake_host_allocations(), 1);
}

static void unmap_of_everything_frees_everything_below_the_root(void **state)
{
	(void)state;
	assert_int_equal(map(BASE - 3 * PAGE, OUTPUT - 3 * PAGE, 5 * BLOCK), 0);
	assert_int_equal(map(UINT64_C(1) << 39, OUTPUT, PAGE), 0);
	assert_int_equal(pgtable_unmap(&table, 0, UINT64_C(1) << 40), 0);
	assert_unmapped(BASE);
	assert_int_equal(table.table_pages, 2);
}

static void unmap_invalidates_before_it_frees(void **state)
{
	size_t before;

	(void)state;
	assert_int_equal(map(BASE, OUTPUT, PAGE), 0);
	before = fake_host_allocations();
	assert_int_equal(pgtable_unmap(&table, BASE, BLOCK), 0);
	assert_false(invalidated.was_mapped);
	assert_int_equal(invalidated.allocations, before - 1);
	assert_int_equal(invalidated.count, 2); /* the page's table, then the table above */
}

static void unmap_of_nothing_invalidates_nothing(void **state)
{
	(void)state;
	assert_int_equal(pgtable_unmap(&table, BASE, 16 * BLOCK), 0);
	assert_int_equal(invalidated.count, 0);
}

static void part_of_a_block_can_be_unmapped(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT, BLOCK), 0);
	assert_int_equal(pgtable_unmap(&table, BASE + PAGE, BLOCK - 2 * PAGE), 0);
	assert_mapped(BASE, OUTPUT, 3);
	assert_unmapped(BASE + PAGE);
	assert_unmapped(BASE + BLOCK - 2 * PAGE);
	assert_mapped(BASE + BLOCK - PAGE, OUTPUT + BLOCK - PAGE, 3);
}

static void block_that_cannot_be_split_for_want_of_memory_stays(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT, BLOCK), 0);
	fake_host_fail_after(0);
	assert_int_equal(pgtable_unmap(&table, BASE + PAGE, PAGE), -ENOMEM);
	assert_int_equal(pgtable_protect(&table, BASE, PAGE, PGTABLE_S2_WRITE, 0, false), -ENOMEM);
	assert_mapped(BASE + PAGE, OUTPUT + PAGE, 2);
	assert_int_equal(invalidated.count, 0);
}

static void map_without_memory_for_tables_says_so(void **state)
{
	(void)state;
	for (long allocations = 0; allocations < 2; allocations++) {
		fake_host_fail_after(allocations);
		assert_int_equal(map(BASE, OUTPUT, PAGE), -ENOMEM);
		assert_unmapped(BASE);
	}
	fake_host_fail_after(-1);
	assert_int_equal(map(BASE, OUTPUT, PAGE), 0);
	assert_mapped(BASE, OUTPUT, 3);
}

static void write_protection_keeps_the_block_and_the_other_attributes(void **state)
{
	struct walk_result result;

	(void)state;
	assert_int_equal(map(BASE, OUTPUT, BLOCK), 0);
	assert_int_equal(pgtable_protect(&table, BASE, BLOCK, PGTABLE_S2_WRITE, 0, false), 0);
	assert_true(walk(BASE, &result));
	assert_int_equal(result.descriptor, (OUTPUT | ATTRIBUTES | 1) & ~PGTABLE_S2_WRITE);
	assert_int_equal(invalidated.count, 1);
	assert_int_equal(invalidated.address, BASE);
	assert_int_equal(invalidated.size, BLOCK);
}

static bool is_tree_clean(const uint64_t *entries, unsigned int level, unsigned int count)
{
	bool clean = fake_host_is_clean(entries, count * sizeof(*entries));

	for (unsigned int i = 0; i < count && level < 3; i++)
		if ((entries[i] & 3) == 3)
			clean &= is_tree_clean(
				host_va(pa_from(entries[i] & UINT64_C(0xfffffffff000))), level + 1,
				512);
	return clean;
}

/* For those who walk it with their caches off. */
static void table_that_is_to_be_clean_is_clean_after_every_change(void **state)
{
	const unsigned int count = 512u << table.root_order;

	(void)state;
	host_clean_dcache(table.root, count * sizeof(*table.root));
	table.clean = true;
	assert_int_equal(map(BASE, OUTPUT, 2 * BLOCK + PAGE), 0);
	assert_true(is_tree_clean(table.root, table.start_level, count));
	assert_int_equal(map(BASE + PAGE, OUTPUT, PAGE), 0); /* splits a block */
	assert_true(is_tree_clean(table.root, table.start_level, count));
	assert_int_equal(pgtable_protect(&table, BASE, 2 * BLOCK, PGTABLE_S2_WRITE, 0, true), 0);
	assert_true(is_tree_clean(table.root, table.start_level, count));
	assert_int_equal(pgtable_unmap(&table, BASE + PAGE, BLOCK), 0);
	assert_true(is_tree_clean(table.root, table.start_level, count));
}

static void write_protection_for_a_dirty_log_makes_pages(void **state)
{
	(void)state;
	assert_int_equal(map(BASE, OUTPUT, 2 * BLOCK), 0);
	assert_int_equal(pgtable_protect(&table, BASE, 2 * BLOCK, PGTABLE_S2_WRITE, 0, true), 0);
	assert_mapped(BASE + BLOCK + 7 * PAGE, OUTPUT + BLOCK + 7 * PAGE, 3);
}

static void protection_skips_what_is_not_mapped(void **state)
{
	(void)state;
	assert_int_equal(map(BASE + BLOCK, OUTPUT, PAGE), 0);
	assert_int_equal(pgtable_protect(&table, 0, UINT64_C(1) << 40, PGTABLE_S2_WRITE, 0, false),
			 0);
	assert_unmapped(BASE);
	assert_int_equal(invalidated.count, 1);
}

static void lookup_tells_address_attributes_and_size(void **state)
{
	struct pgtable_leaf leaf;

	(void)state;
	assert_int_equal(map(BASE, OUTPUT, BLOCK + PAGE), 0);
	assert_true(pgtable_lookup(&table, BASE + 0x12345, &leaf));
	assert_int_equal(leaf.pa.value, OUTPUT + 0x12345);
	assert_int_equal(leaf.size, BLOCK);
	assert_int_equal(leaf.attributes, ATTRIBUTES);
	assert_true(pgtable_lookup(&table, BASE + BLOCK, &leaf));
	assert_int_equal(leaf.size, PAGE);
	assert_false(pgtable_lookup(&table, BASE + BLOCK + PAGE, &leaf));
	assert_false(pgtable_lookup(&table, UINT64_C(1) << 40, &leaf));
	assert_false(pgtable_lookup(&table, UINT64_MAX, &leaf));
}

static void ranges_that_are_not_the_tables_are_refused(void **state)
{
	static const struct {
		uint64_t address, size;
	} bad[] = {
		{ BASE + 1, PAGE },
		{ BASE, PAGE + 1 },
		{ UINT64_C(1) << 40, PAGE },
		{ (UINT64_C(1) << 40) - PAGE, 2 * PAGE },
		{ UINT64_MAX - PAGE + 1, PAGE },
		{ PAGE, UINT64_MAX - PAGE + 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(map(bad[i].address, OUTPUT, bad[i].size), -EINVAL);
		assert_int_equal(pgtable_unmap(&table, bad[i].address, bad[i].size), -EINVAL);
		assert_int_equal(pgtable_protect(&table, bad[i].address, bad[i].size, 0, 0, false),
				 -EINVAL);
	}
	assert_int_equal(map(BASE, OUTPUT + 1, PAGE), -EINVAL);
	assert_int_equal(map(BASE, UINT64_C(1) << 48, PAGE), -EINVAL);
	assert_int_equal(map(BASE, (UINT64_C(1) << 48) - PAGE, 2 * PAGE), -EINVAL);
}

/* Random operations on 6 MiB, compared with a list of pages. */
#define MODEL_PAGES (3 * 512)

static uint64_t model[MODEL_PAGES]; /* the leaf's attributes and output, 0: none */

static void change_model(unsigned int operation, unsigned int first, unsigned int count,
			 uint64_t output)
{
	for (unsigned int i = first; i < first + count; i++) {
		if (operation == 0)
			model[i] = (output + (i - first) * PAGE) | ATTRIBUTES;
		else if (operation == 1)
			model[i] = 0;
		else
			model[i] &= ~PGTABLE_S2_WRITE;
	}
}

static void change_table(unsigned int operation, unsigned int first, unsigned int count,
			 uint64_t output, bool option)
{
	uint64_t address = BASE + first * PAGE, size = count * PAGE;
	int error;

	if (operation == 0)
		error = pgtable_map(&table, address, pa_from(output), size, ATTRIBUTES, option);
	else if (operation == 1)
		error = pgtable_unmap(&table, address, size);
	else
		error = pgtable_protect(&table, address, size, PGTABLE_S2_WRITE, 0, option);
	assert_int_equal(error, 0);
}

static void compare_with_model(void)
{
	for (unsigned int i = 0; i < MODEL_PAGES; i++) {
		struct walk_result result;
		uint64_t found = 0;

		if (walk(BASE + i * PAGE, &result))
			found = result.output | (result.descriptor & PGTABLE_ATTRIBUTES);
		assert_int_equal(found, model[i]);
	}
}

static void random_changes_agree_with_a_list_of_pages(void **state)
{
	(void)state;
	srandom(1);
	memset(model, 0, sizeof(model));
	for (unsigned int round = 0; round < 400; round++) {
		unsigned int operation = random() % 3;
		unsigned int first = random() % MODEL_PAGES;
		unsigned int count = random() % (MODEL_PAGES - first) + 1;
		uint64_t output = OUTPUT + (random() % 4) * BLOCK;

		/* Half of the time what blocks can be made of. */
		if (random() & 1) {
			first &= ~511u;
			count = 512;
		} else {
			output += (random() % 512) * PAGE;
		}
		change_model(operation, first, count, output);
		change_table(operation, first, count, output, random() & 1);
		compare_with_model();
	}
	assert_int_equal(pgtable_unmap(&table, BASE, MODEL_PAGES * PAGE), 0);
	assert_int_equal(table.table_pages, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(start_level_and_root_size_follow_the_input_size),
		TEST(input_sizes_that_the_granule_has_not_are_refused),
		TEST(page_is_found_by_a_hardware_walk),
		TEST(aligned_two_mebibytes_become_a_block),
		TEST(edges_of_a_range_become_pages_and_its_middle_blocks),
		TEST(output_that_is_not_aligned_gets_no_block),
		TEST(blocks_are_not_used_when_not_wanted),
		TEST(new_mapping_needs_no_invalidation),
		TEST(same_mapping_again_changes_nothing),
		TEST(mapping_is_replaced_through_an_invalid_descriptor),
		TEST(table_replaced_by_a_block_is_freed_after_invalidation),
		TEST(page_mapped_inside_a_block_splits_it),
		TEST(split_breaks_the_block_before_the_table_is_made),
		TEST(unmap_frees_tables_that_got_empty),
		TEST(unmap_of_everything_frees_everything_below_the_root),
		TEST(unmap_invalidates_before_it_frees),
		TEST(unmap_of_nothing_invalidates_nothing),
		TEST(part_of_a_block_can_be_unmapped),
		TEST(block_that_cannot_be_split_for_want_of_memory_stays),
		TEST(map_without_memory_for_tables_says_so),
		TEST(write_protection_keeps_the_block_and_the_other_attributes),
		TEST(table_that_is_to_be_clean_is_clean_after_every_change),
		TEST(write_protection_for_a_dirty_log_makes_pages),
		TEST(protection_skips_what_is_not_mapped),
		TEST(lookup_tells_address_attributes_and_size),
		TEST(ranges_that_are_not_the_tables_are_refused),
		TEST(random_changes_agree_with_a_list_of_pages),
	};

	return cmocka_run_group_tests_name("pgtable", tests, NULL, NULL);
}
