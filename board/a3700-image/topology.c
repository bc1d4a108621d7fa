// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/topology.h"

#include <string.h>

#include "board/a3700-image/gpp_values.h"

/* Memory controller registers as the secure CPU sees them */
#define MC_CONTROL	     0xc00002c4u
#define MC_CONTROL_TYPE	     0xf0u /* type of DRAM */
#define MC_CONTROL_DDR3	     2
#define MC_CONTROL_DDR4	     3
#define MC_MMAP_LOW_CS0	     0xc0000200u /* bit 0: in use; bits 20:16: size */
#define MC_MMAP_LOW_CS1	     0xc0000208u
#define MMAP_LOW_VALID	     1u
#define MMAP_LOW_MASK	     0x1f0001u
#define MMAP_LOW_LENGTH(val) ((val) >> 16 & 0x1f)
/* Length codes: 7 is 8 MiB, each further one twice as much. */
#define LENGTH_8_MIB	     7
#define LENGTH_32_GIB	     19

/*
 * Values for DDR4 with which boards hang or crash now and then, as mv-ddr wrote them before they
 * were corrected (its pull request 44, and A3700-utils' issue 9).
 */
#define PHY_CONTROL_2	     0xc0001004u
#define PHY_CONTROL_2_OLD    0xd0677449u
#define PHY_DDR4	     0xc0001090u
#define PHY_DDR4_NEW	     (1u << 2)

#define DRAM(type, selects, mib) \
	{ .ddr_type = (type), .chip_selects = (selects), .bytes = (uint64_t)(mib) << 20 }

static const struct known {
	struct topology topology;
	const char *boards;
} known[] = {
	{ DRAM(3, 1, 512), "ESPRESSObin v3 to v5 with 512 MiB, Marvell's development board" },
	{ DRAM(4, 1, 512), "Marvell's development board with DDR4" },
	{ DRAM(3, 2, 1024), "ESPRESSObin v3 to v5 with 1 GiB in two chips" },
	{ DRAM(4, 2, 4096), "Marvell's development board with 4 GiB" },
	{ DRAM(3, 1, 1024),
	  "ESPRESSObin v3 to v5 with 1 GiB in one chip, Marvell's development board" },
	{ DRAM(4, 1, 1024), "ESPRESSObin v7 with 1 GiB, ESPRESSObin Ultra" },
	{ DRAM(4, 2, 2048), "ESPRESSObin v7 with 2 GiB" },
	{ DRAM(3, 2, 2048), "ESPRESSObin v3 to v5 with 2 GiB" },
};

static const struct board_kind kinds[] = {
	{ "v5-512m", "ESPRESSObin v3 to v5, 512 MiB", DRAM(3, 1, 512) },
	{ "v5-1g-1chip", "ESPRESSObin v3 to v5, 1 GiB in one chip", DRAM(3, 1, 1024) },
	{ "v5-1g-2chip", "ESPRESSObin v3 to v5, 1 GiB in two chips", DRAM(3, 2, 1024) },
	{ "v5-2g", "ESPRESSObin v3 to v5, 2 GiB", DRAM(3, 2, 2048) },
	{ "v7-1g", "ESPRESSObin v7, 1 GiB", DRAM(4, 1, 1024) },
	{ "v7-2g", "ESPRESSObin v7, 2 GiB", DRAM(4, 2, 2048) },
	{ "ultra", "ESPRESSObin Ultra", DRAM(4, 1, 1024) },
};

static const uint32_t addresses[] = { MC_CONTROL, MC_MMAP_LOW_CS0, MC_MMAP_LOW_CS1, PHY_CONTROL_2,
				      PHY_DDR4 };
enum { CONTROL, CS0, CS1, PHY2, PHY4, NUM_REGISTERS };

/* A register whose value is not the same on every way through the lists */
static bool is_open(const struct gpp_register *reg, uint32_t mask)
{
	return reg->written && (reg->known & mask) != mask;
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

/* No build writes two types, or two sizes, but one whose lists choose. */
static bool chooses(const struct tim_package *package)
{
	return gpp_writes_two(package->payload, package->size, MC_CONTROL, MC_CONTROL_TYPE) ||
	       gpp_writes_two(package->payload, package->size, MC_MMAP_LOW_CS0, MMAP_LOW_MASK) ||
	       gpp_writes_two(package->payload, package->size, MC_MMAP_LOW_CS1, MMAP_LOW_MASK);
}

static void read_registers(const struct gpp_register *registers, struct topology *topology)
{
	uint32_t type = (registers[CONTROL].value & MC_CONTROL_TYPE) >> 4;

	if (is_open(&registers[CONTROL], MC_CONTROL_TYPE) ||
	    is_open(&registers[CS0], MMAP_LOW_MASK) || is_open(&registers[CS1], MMAP_LOW_MASK)) {
		topology->at_run_time = true;
		return;
	}
	if (type == MC_CONTROL_DDR3)
		topology->ddr_type = 3;
	else if (type == MC_CONTROL_DDR4)
		topology->ddr_type = 4;
	add_chip_select(registers[CS0].value, topology);
	add_chip_select(registers[CS1].value, topology);
	topology->old_ddr4 =
		topology->ddr_type == 4 &&
		((registers[PHY2].known == ~0u && registers[PHY2].value == PHY_CONTROL_2_OLD) ||
		 (registers[PHY4].written && (registers[PHY4].known & PHY_DDR4_NEW) != 0 &&
		  (registers[PHY4].value & PHY_DDR4_NEW) == 0));
}

void topology_read(const struct tim *tim, struct topology *topology)
{
	static const uint32_t lists[] = { TIM_ID_GPP1, TIM_ID_DDR3 };
	struct gpp_register registers[NUM_REGISTERS] = { 0 };

	memset(topology, 0, sizeof(*topology));
	for (int i = 0; i < NUM_REGISTERS; i++)
		registers[i].address = addresses[i];
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct tim_package *package = tim_package_by_id(tim, lists[i]);

		if (package == NULL)
			continue;
		gpp_values(package->payload, package->size, registers, NUM_REGISTERS);
		if (chooses(package)) {
			topology->at_run_time = true;
			return;
		}
	}
	read_registers(registers, topology);
}

bool topology_is(const struct topology *topology, const struct topology *wanted)
{
	return topology->ddr_type == wanted->ddr_type &&
	       topology->chip_selects == wanted->chip_selects && topology->bytes == wanted->bytes;
}

int topology_number(const struct topology *topology)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (topology_is(topology, &known[i].topology))
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
