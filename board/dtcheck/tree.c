// SPDX-License-Identifier: BSD-2-Clause
#include "board/dtcheck/tree.h"

#include <errno.h>
#include <string.h>

#include <libfdt.h>

/* A node deeper than this is none of a real machine's. */
#define MAX_DEPTH     32
#define MAX_CELLS     4
#define PPI_TYPE      1
#define NUM_PPIS      16
/* Extended PPIs of GICv3.1 have a type and a range of their own; nothing needs them here. */
#define PPI_MIN_CELLS 3

int tree_check(const void *bytes, size_t size, struct board_error *error)
{
	int result;

	if (size < sizeof(struct fdt_header) || fdt_magic(bytes) != FDT_MAGIC)
		return board_fail(error, EINVAL, "not a device tree blob (%s)",
				  size >= 4 && memcmp(bytes, "/dts", 4) == 0
					  ? "it is source: compile it with dtc first"
					  : "its magic number is wrong");
	if (fdt_totalsize(bytes) > size)
		return board_fail(error, EINVAL, "cut short: %u bytes, %zu are there",
				  fdt_totalsize(bytes), size);
	result = fdt_check_full(bytes, size);
	if (result != 0)
		return board_fail(error, EINVAL, "broken: %s", fdt_strerror(result));
	return 0;
}

bool tree_enabled(const void *tree, int node)
{
	const char *status = tree_string(tree, node, "status");

	return status == NULL || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

int tree_find(const void *tree, int from, const char *compatible)
{
	int node = fdt_node_offset_by_compatible(tree, from, compatible);

	while (node >= 0 && !tree_enabled(tree, node))
		node = fdt_node_offset_by_compatible(tree, node, compatible);
	return node;
}

const char *tree_string(const void *tree, int node, const char *name)
{
	int length;
	const char *value = fdt_getprop(tree, node, name, &length);

	return value != NULL && length > 0 && value[length - 1] == '\0' ? value : NULL;
}

uint32_t tree_cell(const void *tree, int node, const char *name, uint32_t otherwise)
{
	int length;
	const fdt32_t *value = fdt_getprop(tree, node, name, &length);

	return value != NULL && length == (int)sizeof(*value) ? fdt32_ld(value) : otherwise;
}

/* A number of one or two cells; more have to be zeros before those. */
static int read_cells(const fdt32_t *cells, unsigned int count, uint64_t *value)
{
	*value = 0;
	for (unsigned int i = 0; i < count; i++) {
		if (*value >> 32 != 0)
			return -EINVAL;
		*value = *value << 32 | fdt32_ld(&cells[i]);
	}
	return 0;
}

/* Cell counts as a node sets them for its children */
static int child_cells(const void *tree, int node, unsigned int *address, unsigned int *size)
{
	*address = tree_cell(tree, node, "#address-cells", 2);
	*size = tree_cell(tree, node, "#size-cells", 1);
	return *address >= 1 && *address <= MAX_CELLS && *size <= MAX_CELLS ? 0 : -EINVAL;
}

/* One step up: from an address on bus to one of bus's own parent */
static int through_ranges(const void *tree, int bus, int parent, struct region *region)
{
	unsigned int address, size, above, unused, stride;
	int length;
	const fdt32_t *ranges = fdt_getprop(tree, bus, "ranges", &length);

	if (ranges == NULL || child_cells(tree, bus, &address, &size) != 0 ||
	    child_cells(tree, parent, &above, &unused) != 0)
		return -EINVAL;
	if (length == 0)
		return 0;
	stride = address + above + size;
	for (int at = 0; (at + (int)stride) * (int)sizeof(*ranges) <= length; at += (int)stride) {
		uint64_t from, to, span;

		if (read_cells(ranges + at, address, &from) != 0 ||
		    read_cells(ranges + at + address, above, &to) != 0 ||
		    read_cells(ranges + at + address + above, size, &span) != 0)
			continue;
		if (region->address >= from && region->address - from < span) {
			region->address = region->address - from + to;
			return 0;
		}
	}
	return -EINVAL;
}

int tree_reg(const void *tree, int node, unsigned int index, struct region *region)
{
	int parent = fdt_parent_offset(tree, node), length, result = 0;
	const fdt32_t *reg = fdt_getprop(tree, node, "reg", &length);
	unsigned int address, size, stride;

	if (parent < 0 || reg == NULL)
		return -ENOENT;
	if (child_cells(tree, parent, &address, &size) != 0)
		return -EINVAL;
	stride = address + size;
	if ((uint64_t)(index + 1) * stride * sizeof(*reg) > (uint64_t)length)
		return -ENOENT;
	if (read_cells(reg + (size_t)index * stride, address, &region->address) != 0 ||
	    read_cells(reg + (size_t)index * stride + address, size, &region->size) != 0)
		return -EINVAL;
	for (int depth = 0; result == 0 && parent > 0; depth++) {
		int above = fdt_parent_offset(tree, parent);

		if (above < 0 || depth == MAX_DEPTH)
			return -EINVAL;
		result = through_ranges(tree, parent, above, region);
		parent = above;
	}
	return result;
}

/* The controller that a node's interrupts go to */
static int interrupt_parent(const void *tree, int node)
{
	for (int depth = 0; node >= 0 && depth < MAX_DEPTH; depth++) {
		uint32_t phandle = tree_cell(tree, node, "interrupt-parent", 0);

		if (phandle != 0)
			return fdt_node_offset_by_phandle(tree, phandle);
		node = fdt_parent_offset(tree, node);
	}
	return -FDT_ERR_NOTFOUND;
}

/* The first cells of a GIC interrupt: type, number */
static int ppi_of(const fdt32_t *cells, unsigned int count)
{
	if (count < PPI_MIN_CELLS || fdt32_ld(&cells[0]) != PPI_TYPE ||
	    fdt32_ld(&cells[1]) >= NUM_PPIS)
		return -EINVAL;
	return (int)(fdt32_ld(&cells[1]) + INTID_PPI);
}

static int ppi_extended(const void *tree, const fdt32_t *cells, int count, unsigned int index)
{
	for (int at = 0; at < count;) {
		int parent = fdt_node_offset_by_phandle(tree, fdt32_ld(&cells[at]));
		uint32_t size = parent < 0 ? 0 : tree_cell(tree, parent, "#interrupt-cells", 0);

		if (size == 0 || size > (uint32_t)(count - at - 1))
			return -EINVAL;
		if (index-- == 0)
			return ppi_of(cells + at + 1, size);
		at += 1 + (int)size;
	}
	return -ENOENT;
}

int tree_ppi(const void *tree, int node, unsigned int index)
{
	int length, parent;
	const fdt32_t *cells = fdt_getprop(tree, node, "interrupts-extended", &length);
	uint32_t size;

	if (cells != NULL)
		return ppi_extended(tree, cells, length / (int)sizeof(*cells), index);
	cells = fdt_getprop(tree, node, "interrupts", &length);
	if (cells == NULL)
		return -ENOENT;
	parent = interrupt_parent(tree, node);
	size = parent < 0 ? 0 : tree_cell(tree, parent, "#interrupt-cells", 0);
	if (size == 0 || size > 8)
		return -EINVAL;
	if ((uint64_t)(index + 1) * size * sizeof(*cells) > (uint64_t)length)
		return -ENOENT;
	return ppi_of(cells + (size_t)index * size, size);
}

unsigned int tree_interrupt_index(const void *tree, int node, const char *name,
				  unsigned int otherwise)
{
	int index = fdt_stringlist_search(tree, node, "interrupt-names", name);

	return index < 0 ? otherwise : (unsigned int)index;
}
