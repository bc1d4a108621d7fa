// SPDX-License-Identifier: BSD-2-Clause
/* Makes a seccomp filter of tables, see sandbox_filter.h. */
#include "bhyve/sandbox_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#endif

/* Instructions of the longest rule, and beside the rules. */
#define RULE_MAX  6
#define FRAME_MAX 5

static void add(struct sandbox_program *program, uint16_t code, uint32_t k, uint8_t if_true,
		uint8_t if_false)
{
	program->code[program->len++] = (struct sock_filter){ code, if_true, if_false, k };
}

static void load(struct sandbox_program *program, size_t offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct sandbox_program *program, uint32_t action)
{
	add(program, BPF_RET | BPF_K, action, 0, 0);
}

/* One that does not match leaves the number of the call loaded, for the next rule. */
static void add_rule(struct sandbox_program *program, const struct sandbox_rule *rule, uint32_t pid)
{
	uint32_t value = rule->match == SANDBOX_SELF ? pid : rule->value;
	size_t argument = offsetof(struct seccomp_data, args) + rule->argument * sizeof(uint64_t);

	if (rule->match == SANDBOX_ALWAYS || rule->match == SANDBOX_MISSING) {
		add(program, BPF_JMP | BPF_JEQ | BPF_K, rule->number, 0, 1);
		answer(program, rule->match == SANDBOX_ALWAYS ? SECCOMP_RET_ALLOW
							      : SECCOMP_RET_ERRNO | ENOSYS);
		return;
	}
	add(program, BPF_JMP | BPF_JEQ | BPF_K, rule->number, 0, RULE_MAX - 1);
	load(program, argument);
	add(program, BPF_ALU | BPF_AND | BPF_K, rule->match == SANDBOX_SELF ? ~0U : rule->mask, 0,
	    0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	answer(program, SECCOMP_RET_ALLOW);
	load(program, offsetof(struct seccomp_data, nr));
}

int sandbox_filter_build(const struct sandbox_table *const *tables, size_t count, uint32_t pid,
			 struct sandbox_program *program)
{
	program->len = 0;
	load(program, offsetof(struct seccomp_data, arch));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	answer(program, SECCOMP_RET_KILL_PROCESS);
	load(program, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < tables[i]->count; j++) {
			if (program->len > SANDBOX_PROGRAM_MAX - RULE_MAX - FRAME_MAX)
				return -E2BIG;
			add_rule(program, &tables[i]->rules[j], pid);
		}
	}
	answer(program, SECCOMP_RET_ERRNO | EPERM);
	return 0;
}

int sandbox_filter_install(const struct sandbox_program *program, bool all_threads)
{
	const struct sock_fprog argument = {
		.len = program->len,
		.filter = (struct sock_filter *)program->code,
	};
	unsigned flags = all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0;

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &argument) ? -errno : 0;
}
