#include "board/a3700-image/topology.h"

#include <string.h>

#include "board/a3700-image/gpp.h"

/* Memory controller registers as the secure CPU sees them */
#define MC_CONTROL	     0xc00002c4u /* bits 7:4: type of DRAM */
#define MC_CONTROL_DDR3	     2
#define MC_CONTROL_DDR4	     3
#define MC_MMAP_LOW_CS0	     0xc0000200u /* bit 0: in use; bits 20:16: size */
#define MC_MMAP_LOW_CS1	     0xc0000208u
#define MMAP_LOW_VALID	     1u
#define MMAP_LOW_LENGTH(val) ((val) >> 16 & 0x1f)
/* Length codes: 7 is 8 MiB, each further one twice as much. */
#define LENGTH_8_MIB	     7
#define LENGTH_32_GIB	     19

static const struct known {
	struct topology topology;
	const char *boards;
} known[] = {
	{ { 3, 1, 512u << 20 }, "ESPRESSObin v3 to v5 with 512 MiB" },
	{ { 4, 1, 512u << 20 }, "Marvell's development board with DDR4" },
	{ { 3, 2, 1ull << 30 }, "ESPRESSObin v3 to v5 with 1 GiB in two chips" },
	{ { 4, 2, 4ull << 30 }, "Marvell's development board with 4 GiB" },
	{ { 3, 1, 1ull << 30 }, "ESPRESSObin v3 to v5 with 1 GiB in one chip" },
	{ { 4, 1, 1ull << 30 }, "ESPRESSObin v7 with 1 GiB, ESPRESSObin Ultra" },
	{ { 4, 2, 2ull << 30 }, "ESPRESSObin v7 with 2 GiB" },
	{ { 3, 2, 2ull << 30 }, "ESPRESSObin v3 to v5 with 2 GiB" },
};

static const struct board_kind kinds[] = {
	{ "v5-512m", "ESPRESSObin v3 to v5, 512 MiB", { 3, 1, 512u << 20 } },
	{ "v5-1g-1chip", "ESPRESSObin v3 to v5, 1 GiB in one chip", { 3, 1, 1ull << 30 } },
	{ "v5-1g-2chip", "ESPRESSObin v3 to v5, 1 GiB in two chips", { 3, 2, 1ull << 30 } },
	{ "v5-2g", "ESPRESSObin v3 to v5, 2 GiB", { 3, 2, 2ull << 30 } },
	{ "v7-1g", "ESPRESSObin v7, 1 GiB", { 4, 1, 1ull << 30 } },
	{ "v7-2g", "ESPRESSObin v7, 2 GiB", { 4, 2, 2ull << 30 } },
	{ "ultra", "ESPRESSObin Ultra", { 4, 1, 1ull << 30 } },
};

/* A register write of the list: plain, or of a field */
static bool written(const struct gpp_instruction *instruction, uint32_t address, uint32_t *value)
{
	if (instruction->is_option || instruction->parameters[0] != address)
		return false;
	if (instruction->opcode == GPP_WRITE && instruction->num_parameters == 2)
		*value = instruction->parameters[1];
	else if (instruction->opcode == GPP_SET_BITFIELD)
		*value = (*value & ~instruction->parameters[1]) | instruction->parameters[2];
	else
		return false;
	return true;
}

static void add_chip_select(uint32_t value, struct topology *topology)
{
	uint32_t length = MMAP_LOW_LENGTH(value);

	if ((value & MMAP_LOW_VALID) == 0)
		return;
	topology->chip_selects++;
	if (length >= LENGTH_8_MIB && length <= LENGTH_32_GIB)
		topology->bytes += (8ull << 20) << (length - LENGTH_8_MIB);
}

void topology_read(const struct tim *tim, struct topology *topology)
{
	const struct tim_package *package = tim_package_by_id(tim, TIM_ID_DDR3);
	uint32_t control = 0, cs0 = 0, cs1 = 0;
	struct gpp_instruction instruction = { 0 };
	struct gpp_cursor cursor;

	memset(topology, 0, sizeof(*topology));
	if (package == NULL ||
	    gpp_begin(&cursor, package->payload, package->size, "DDR3", NULL) != 0)
		return;
	while (gpp_next(&cursor, &instruction, "DDR3", NULL) == 1) {
		if (written(&instruction, MC_CONTROL, &control))
			continue;
		if (written(&instruction, MC_MMAP_LOW_CS0, &cs0))
			continue;
		written(&instruction, MC_MMAP_LOW_CS1, &cs1);
	}
	if ((control >> 4 & 0xf) == MC_CONTROL_DDR3)
		topology->ddr_type = 3;
	else if ((control >> 4 & 0xf) == MC_CONTROL_DDR4)
		topology->ddr_type = 4;
	add_chip_select(cs0, topology);
	add_chip_select(cs1, topology);
}

static bool same(const struct topology *a, const struct topology *b)
{
	return a->ddr_type == b->ddr_type && a->chip_selects == b->chip_selects &&
	       a->bytes == b->bytes;
}

int topology_number(const struct topology *topology)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (same(topology, &known[i].topology))
			return (int)i;
	}
	return -1;
}

const char *topology_boards(const struct topology *topology)
{
	int number = topology_number(topology);

	return number < 0 ? NULL : known[number].boards;
}

const struct board_kind *board_kind_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

const char *board_kind_names(void)
{
	return "v5-512m v5-1g-1chip v5-1g-2chip v5-2g v7-1g v7-2g ultra";
}
