// SPDX-License-Identifier: BSD-2-Clause
/*
 * vectors FILE: does this process keep its scalable registers (SVE: Z0 to Z31, P0 to P15; SME,
 * where it is: ZA)? Fills them, waits without a system call, as one would clear them, and compares,
 * until FILE is there. Prints "rounds: N". Status 1 and a line on standard error if one has
 * changed, 2 if the CPUs have no SVE.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define HAVE_SVE   (1u << 22) /* of AT_HWCAP */
#define HAVE_SME   (1u << 23) /* of AT_HWCAP2 */
#define VECTOR_MAX 256	      /* bytes */
#define ROWS_MAX   VECTOR_MAX
#define TURNS	   2000000

struct registers {
	uint8_t z[32 * VECTOR_MAX], p[16 * VECTOR_MAX / 8];
};

/* clang-format off */
#define Z(op, n) #op " z" #n ", [%0, #" #n ", mul vl]\n"
#define P(op, n) #op " p" #n ", [%1, #" #n ", mul vl]\n"
#define EACH(X, op) \
	X(op, 0) X(op, 1) X(op, 2) X(op, 3) X(op, 4) X(op, 5) X(op, 6) X(op, 7) \
	X(op, 8) X(op, 9) X(op, 10) X(op, 11) X(op, 12) X(op, 13) X(op, 14) X(op, 15)
#define UPPER(X, op) \
	X(op, 16) X(op, 17) X(op, 18) X(op, 19) X(op, 20) X(op, 21) X(op, 22) X(op, 23) \
	X(op, 24) X(op, 25) X(op, 26) X(op, 27) X(op, 28) X(op, 29) X(op, 30) X(op, 31)
/* clang-format on */

#define WAIT                   \
	"mov x9, %[turns]\n"   \
	"1: subs x9, x9, #1\n" \
	"b.ne 1b\n"
#define VECTORS                                                                                 \
	"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", \
		"v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",    \
		"v25", "v26", "v27", "v28", "v29", "v30", "v31"

static void hold_vectors(const struct registers *in, struct registers *out)
{
	const void *z = in->z, *p = in->p;

	__asm__ volatile(".arch_extension sve\n" EACH(Z, ldr) UPPER(Z, ldr) EACH(P, ldr) WAIT
			 "mov %0, %[z]\n"
			 "mov %1, %[p]\n" EACH(Z, str) UPPER(Z, str) EACH(P, str)
			 : "+&r"(z), "+&r"(p)
			 : [turns] "r"((uint64_t)TURNS), [z] "r"(out->z), [p] "r"(out->p)
			 : "x9", "cc", "memory", VECTORS);
}

/* The square array of SME: as many rows as a row has bytes. */
static uint64_t hold_array(const uint8_t *in, uint8_t *out)
{
	uint64_t bytes;

	__asm__ volatile(".arch_extension sme\n"
			 "rdsvl %[bytes], #1\n"
			 "smstart za\n"
			 "mov w12, #0\n"
			 "mov x10, %[in]\n"
			 "2: ldr za[w12, 0], [x10]\n"
			 "add x10, x10, %[bytes]\n"
			 "add w12, w12, #1\n"
			 "cmp x12, %[bytes]\n"
			 "b.ne 2b\n" WAIT "mov w12, #0\n"
			 "mov x10, %[out]\n"
			 "3: str za[w12, 0], [x10]\n"
			 "add x10, x10, %[bytes]\n"
			 "add w12, w12, #1\n"
			 "cmp x12, %[bytes]\n"
			 "b.ne 3b\n"
			 "smstop za\n"
			 : [bytes] "=&r"(bytes)
			 : [turns] "r"((uint64_t)TURNS), [in] "r"(in), [out] "r"(out)
			 : "x9", "x10", "x12", "cc", "memory");
	return bytes;
}

static uint64_t vector_bytes(void)
{
	uint64_t bytes;

	__asm__ volatile(".arch_extension sve\n rdvl %0, #1" : "=r"(bytes));
	return bytes;
}

static int changed(const char *what)
{
	fprintf(stderr, "vectors: %s has changed\n", what);
	return 1;
}

static int round_of_vectors(unsigned int seed)
{
	static struct registers in, out;

	for (size_t i = 0; i < sizeof(in); i++)
		((uint8_t *)&in)[i] = (uint8_t)(i * 7 + i / 251 + seed);
	hold_vectors(&in, &out);
	if (memcmp(in.z, out.z, 32 * vector_bytes()))
		return changed("Z");
	return memcmp(in.p, out.p, 16 * vector_bytes() / 8) ? changed("P") : 0;
}

static int round_of_array(unsigned int seed)
{
	static uint8_t in[ROWS_MAX * ROWS_MAX], out[ROWS_MAX * ROWS_MAX];
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 11 + i / 253 + seed);
	bytes = hold_array(in, out);
	return memcmp(in, out, bytes * bytes) ? changed("ZA") : 0;
}

int main(int argc, char **argv)
{
	unsigned int rounds = 0;
	int status = 0;

	if (argc != 2 || !(getauxval(AT_HWCAP) & HAVE_SVE)) {
		fputs(argc == 2 ? "vectors: no SVE\n" : "usage: vectors FILE\n", stderr);
		return 2;
	}
	while (!status && access(argv[1], F_OK)) {
		status = round_of_vectors(rounds);
		if (!status && (getauxval(AT_HWCAP2) & HAVE_SME))
			status = round_of_array(rounds);
		rounds++;
	}
	printf("rounds: %u\n", rounds);
	return status;
}
