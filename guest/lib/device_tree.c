// SPDX-License-Identifier: BSD-2-Clause
/* Finds two properties in the flattened device tree: /memory/reg and /chosen/bootargs. */
#include "device_tree.h"
#include "property.h"

#define FDT_MAGIC      0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROP       3
#define FDT_NOP	       4

uint64_t boot_device_tree;

static uint32_t big32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static bool starts_with(const char *text, const char *start)
{
	while (*start)
		if (*text++ != *start++)
			return false;
	return true;
}

static bool equal(const char *a, const char *b)
{
	return length(a) == length(b) && starts_with(a, b);
}

/* A property of a first-level node whose name starts with "node"; its length in *size. NULL: none.
 */
static const uint8_t *find(const char *node, const char *name, uint32_t *size)
{
	const uint8_t *tree = (const uint8_t *)boot_device_tree;
	const uint8_t *at = tree + big32(tree + 8);
	const char *strings = (const char *)tree + big32(tree + 12);
	unsigned int depth = 0;
	bool inside = false;

	for (uint32_t token = big32(at); token >= FDT_BEGIN_NODE && token <= FDT_NOP;
	     token = big32(at)) {
		at += 4;
		if (token == FDT_BEGIN_NODE) {
			depth++;
			inside = depth == 2 && starts_with((const char *)at, node);
			at += (length((const char *)at) + 4) & ~UINT64_C(3);
		} else if (token == FDT_END_NODE) {
			depth--;
			inside = false;
		} else if (token == FDT_PROP) {
			*size = big32(at);
			if (inside && depth == 2 && equal(strings + big32(at + 4), name))
				return at + 8;
			at += 8 + ((*size + 3) & ~UINT32_C(3));
		}
	}
	return NULL;
}

static uint64_t memory_cell(unsigned int cell)
{
	uint32_t size;
	const uint8_t *reg = find("memory", "reg", &size);

	if (reg && size >= 16)
		return (uint64_t)big32(reg + 8 * cell) << 32 | big32(reg + 8 * cell + 4);
	property_abandon("the device tree has no memory node");
}

uint64_t ram_base(void)
{
	return memory_cell(0);
}

uint64_t ram_size(void)
{
	return memory_cell(1);
}

const char *device_tree_arguments(void)
{
	uint32_t size;
	const uint8_t *arguments = find("chosen", "bootargs", &size);

	return arguments && size ? (const char *)arguments : "";
}

bool device_tree_argument(const char *words)
{
	for (const char *at = device_tree_arguments(); *at; at++)
		if (starts_with(at, words))
			return true;
	return false;
}

uint64_t device_tree_number(const char *word, uint64_t otherwise)
{
	const char *at = device_tree_arguments();
	uint64_t value = 0;

	while (*at && !starts_with(at, word))
		at++;
	if (!*at)
		return otherwise;
	for (at += length(word); *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	return value;
}

uint64_t free_ram(void)
{
	uint64_t block = UINT64_C(1) << 21, end = (uint64_t)bss_end;
	uint64_t tree = boot_device_tree + big32((const uint8_t *)boot_device_tree + 4);

	/* a device tree at the far end of RAM is not in the way */
	if (tree > end && tree - end < ram_size() / 2)
		end = tree;
	return (end + block - 1) & ~(block - 1);
}
