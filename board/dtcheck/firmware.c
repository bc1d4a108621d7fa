/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/dtcheck/firmware.h"

#include <stddef.h>
#include <string.h>

#include <libfdt.h>

#include "board/dtcheck/tree.h"

/*
 * Families whose firmware starts a hypervisor of the vendor's and enters Linux at EL1, as published
 * by those who sell or studied them. An entry's name is how a compatible of the root node begins.
 *
 *   Qualcomm   "so far, Linux-based OS could only boot in EL1 on those devices": the device trees
 * for EL2 in Linux Samsung    RKP, part of Knox; H-Arx and Halla on later chips. The boot loader
 * enters Linux at EL1 MediaTek   GenieZone, "running in EL2 stand alone" (its driver's
 * introduction). The mt6... are for phones; boards and Chromebooks with mt7... and mt8... have TF-A
 * alone Huawei     HHEE on Kirin phones. Not on HiKey boards, which have the same chips
 *
 * Left out: NVIDIA's (DRIVE OS has a hypervisor, Jetson's Linux has none), and Google's Tensor,
 * whose boot loader leaves EL2 to Linux's own KVM.
 */
static const struct family {
	const char *compatible, *holder;
} families[] = {
	{ "qcom,", "Qualcomm's own hypervisor (Gunyah or QHEE; not on Chromebooks)" },
	{ "samsung,exynos", "Samsung's RKP or H-Arx" },
	{ "mediatek,mt6", "MediaTek's GenieZone" },
	{ "hisilicon,hi36", "Huawei's HHEE (on phones, not on HiKey boards)" },
	{ "hisilicon,kirin", "Huawei's HHEE (on phones)" },
};

const char *firmware_hypervisor(const void *tree)
{
	const char *compatible;

	for (int i = 0; (compatible = fdt_stringlist_get(tree, 0, "compatible", i, NULL)) != NULL;
	     i++) {
		for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
			if (strncmp(compatible, families[f].compatible,
				    strlen(families[f].compatible)) == 0)
				return families[f].holder;
		}
	}
	return NULL;
}

const char *firmware_running_hypervisor(const void *tree)
{
	int node = fdt_path_offset(tree, "/hypervisor");
	const char *compatible = node < 0 ? NULL : tree_string(tree, node, "compatible");

	return node < 0 || !tree_enabled(tree, node) ? NULL
	       : compatible == NULL		     ? "/hypervisor"
						     : compatible;
}
