/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/a3700-image/place.h"

/* PartitionNumber of an eMMC: as its EXT_CSD byte 179 has it (JEDEC JESD84-B51, 7.4.69) */
#define EMMC_BOOT0 1u
#define EMMC_BOOT1 2u
#define EMMC_USER  7u

int place_partition(uint32_t sign, uint32_t now)
{
	switch (sign) {
	case BOOT_SIGN_EMMC:
	case BOOT_SIGN_EMMC_ALT:
		return now == EMMC_BOOT1 ? EMMC_BOOT1 : EMMC_BOOT0;
	case BOOT_SIGN_UART:
		return -1;
	default:
		return 0;
	}
}

static void print_emmc(uint32_t partition, const char *name, FILE *stream)
{
	if (partition == EMMC_BOOT0 || partition == EMMC_BOOT1)
		fprintf(stream,
			"%s: for block 0 of the eMMC's boot partition %u (Linux: mmcblkNboot%u); "
			"the eMMC "
			"must boot from it, too (U-Boot: mmc partconf DEV 1 %u 0)\n",
			name, partition, partition - 1, partition);
	else
		fprintf(stream,
			"%s: for partition %u of the eMMC: the eMMC's own setting (EXT_CSD byte "
			"179; "
			"U-Boot: mmc partconf DEV) must name the same; 1 and 2 are its boot "
			"partitions, "
			"0 and %u its user area, where the image lies at block 4096\n",
			name, partition, EMMC_USER);
}

void place_print(const struct boot_image *boot, const char *name, FILE *stream)
{
	switch (boot->tims[0].boot_sign) {
	case BOOT_SIGN_EMMC:
	case BOOT_SIGN_EMMC_ALT:
		print_emmc(boot->tims[0].images[0].partition, name, stream);
		break;
	case BOOT_SIGN_SATA:
		fprintf(stream,
			"%s: for block 0 of a disk without partitions, or the start of a partition "
			"of "
			"type 0x4d (MBR) or 6828311A-BA55-42A4-BCDE-A89BB5EDECAE (GPT)\n",
			name);
		break;
	case BOOT_SIGN_SPINOR:
	case BOOT_SIGN_SPINAND:
		fprintf(stream, "%s: for offset 0 of the flash\n", name);
		break;
	default:
		break;
	}
}
