// SPDX-License-Identifier: BSD-2-Clause
/*
 * dtcheck - read device trees of host machines and say whether they can run vmm.
 *
 * Exit status: 0 all can; 1 wrong use, a file that is no device tree, or output that cannot be
 * written; 2 one cannot; 3 one may.
 */
#include <stdio.h>
#include <string.h>

#include "board/common/file.h"
#include "board/dtcheck/check.h"
#include "board/dtcheck/tree.h"

#define MAX_SIZE (16u << 20)

enum { STATUS_YES, STATUS_FAILED, STATUS_NO, STATUS_MAYBE };

static int check_file(const char *path)
{
	struct board_error error;
	struct file file;
	int status;

	if (file_read(path, MAX_SIZE, &file, &error) != 0) {
		fprintf(stderr, "dtcheck: %s\n", error.text);
		return STATUS_FAILED;
	}
	if (tree_check(file.bytes, file.size, &error) != 0) {
		fprintf(stderr, "dtcheck: %s: %s\n", path, error.text);
		status = STATUS_FAILED;
	} else {
		static const int statuses[] = { STATUS_YES, STATUS_MAYBE, STATUS_NO };

		status = statuses[check_machine(file.bytes, path, stdout)];
	}
	file_free(&file);
	return status;
}

/* The worst comes first: a file that is broken, a machine that cannot, one that may */
static int worse(int a, int b)
{
	static const int rank[] = { 0, 3, 2, 1 };

	return rank[a] >= rank[b] ? a : b;
}

int main(int argc, char **argv)
{
	struct board_error error;
	int status = STATUS_YES;

	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: dtcheck FILE.dtb...\n"
				"On a running machine: dtcheck /sys/firmware/fdt\n");
		return STATUS_FAILED;
	}
	for (int i = 1; i < argc; i++)
		status = worse(status, check_file(argv[i]));
	/* What a full disk took of the output must not pass for all of it. */
	if (file_flush(stdout, "standard output", &error) != 0) {
		fprintf(stderr, "dtcheck: %s\n", error.text);
		return STATUS_FAILED;
	}
	return status;
}
