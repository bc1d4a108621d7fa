// SPDX-License-Identifier: BSD-2-Clause
/*
 * The one place where the kernel's symbols that are not exported to modules are found.
 * kallsyms_lookup_name knows them all, and is not exported itself, but a probe can be set on it,
 * and a probe knows its address.
 */
#include <linux/kprobes.h>

#include "vmm_linux.h"

typedef unsigned long kallsyms_lookup_fn(const char *name);

static kallsyms_lookup_fn *lookup;

static kallsyms_lookup_fn *find_lookup(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	kallsyms_lookup_fn *found;

	if (register_kprobe(&probe))
		return NULL;
	found = (kallsyms_lookup_fn *)probe.addr;
	unregister_kprobe(&probe);
	return found;
}

unsigned long symbol_find(const char *name)
{
	if (!lookup)
		lookup = find_lookup();
	return lookup ? lookup(name) : 0;
}
