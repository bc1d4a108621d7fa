// SPDX-License-Identifier: BSD-2-Clause
/*
 * vmchurn NAME ROUNDS MIB: creates, fills and destroys a virtual machine, again and again.
 *
 * Each round gives the machine MIB of memory and two vCPUs; every 25th touches all of the memory
 * (clearing it takes long in an emulator). Prints nothing; the status is 0 if all rounds went well.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/vmmapi/vmmapi.h"

static int fill(const char *name, uint64_t size, bool touch)
{
	struct vmctx *vm;
	int error = vm_open(name, &vm);
	void *memory;

	if (error)
		return error;
	error = vm_add_memseg(vm, VM_RAM_BASE, size, 0);
	if (!error) {
		memory = vm_map(vm, VM_RAM_BASE, size);
		if (!memory)
			error = -1;
		else if (touch)
			memset(memory, 0x5a, size);
	}
	for (uint32_t vcpu = 0; vcpu < 2 && !error; vcpu++)
		error = vm_vcpu_create(vm, vcpu);
	vm_close(vm);
	return error;
}

int main(int argc, char **argv)
{
	long rounds = argc == 4 ? atol(argv[2]) : 0;
	uint64_t size = argc == 4 ? strtoull(argv[3], NULL, 10) << 20 : 0;

	if (rounds <= 0 || size == 0) {
		fputs("usage: vmchurn NAME ROUNDS MIB\n", stderr);
		return 1;
	}
	for (long round = 0; round < rounds; round++) {
		int error = vm_create(argv[1]);

		if (!error)
			error = fill(argv[1], size, round % 25 == 0);
		if (!error)
			error = vm_destroy(argv[1]);
		if (error) {
			fprintf(stderr, "vmchurn: %s: round %ld: %s\n", argv[1], round,
				strerror(-error));
			return 1;
		}
	}
	return 0;
}
