/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device tree that the guest gets, generated from the configuration.
 *
 * Devicetree Specification 0.3; the bindings are those in Linux' Documentation/devicetree/bindings.
 */
#ifndef BHYVE_FDT_H
#define BHYVE_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything the tree depends on. Addresses are guest addresses (IPA), sizes bytes. */
struct fdt_machine {
	unsigned cpus; /* 1 to 16; vCPU N has MPIDR affinity N */
	/* Topology: cpus == sockets * cores * threads; all 0: not told to the guest. */
	unsigned sockets;
	unsigned cores;
	unsigned threads;
	unsigned redistributors; /* how many the GIC has, at least cpus */
	uint64_t memory_base;
	uint64_t memory_size;
	const char *cmdline; /* NULL: firmware has its own */
	bool flash;	     /* there are two banks of flash */
	bool pmu;	     /* the CPUs have performance monitors */
	bool firmware;	     /* there is a boot ROM, which looks for fw_cfg */
	uint64_t initrd;     /* with initrd_size 0: none */
	uint64_t initrd_size;
	uint32_t slots;	  /* bit N: there is a device in virtio-mmio slot N */
	const char *uuid; /* NULL: none */
	uint8_t rng_seed[32];
	uint64_t kaslr_seed;
};

/* Writes the tree into buf. 0, -ENOSPC if it does not fit, or -EINVAL. */
int fdt_build(const struct fdt_machine *machine, void *buf, size_t size);

#endif
