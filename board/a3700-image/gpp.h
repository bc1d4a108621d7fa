/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction lists of a TIM (packages GPP1, GPP2, DDR3), which the BootROM interprets to set
 * up clocks and DRAM: checked, disassembled, and assembled from the same text.
 *
 * One instruction a line, as in the vendor's files: "WRITE: 0xC0013010 0x00000000", "OR_SM_VAL: SM0
 * 0x1", "TEST_SM_AND_BRANCH: SM0 0xFF 0x32 < LP1", "LABEL: LP1".
 */
#ifndef BOARD_A3700_IMAGE_GPP_H
#define BOARD_A3700_IMAGE_GPP_H

#include <stddef.h>
#include <stdint.h>

#include "board/common/error.h"

/* A package begins with the number of its options and of its instructions. */
#define GPP_HEADER_SIZE	     8
#define GPP_OPTION_SIZE	     8
#define GPP_MAX_PARAMETERS   5
/* Instruction with all its parameters, in bytes */
#define GPP_MAX_SIZE	     (4 + 4 * GPP_MAX_PARAMETERS)

#define GPP_WRITE	     1u
#define GPP_AND_VAL	     6u
#define GPP_OR_VAL	     7u
#define GPP_SET_BITFIELD     8u
#define GPP_TEST_ZERO_SET    10u
#define GPP_TEST_SET	     11u
#define GPP_STORE_SM_ADDR    14u
#define GPP_SM_TEST_ZERO_SET 22u
#define GPP_SM_TEST_SET	     23u
#define GPP_LABEL	     24u
#define GPP_TEST_BRANCH	     25u
#define GPP_SM_TEST_BRANCH   26u
#define GPP_BRANCH	     27u
#define GPP_END		     28u
#define GPP_STORE_AT_SM	     34u

/** An instruction, or an option (is_option: opcode is the option's ID, one parameter). */
struct gpp_instruction {
	uint32_t opcode;
	unsigned int num_parameters;
	uint32_t parameters[GPP_MAX_PARAMETERS];
	int is_option;
};

/** Where gpp_next() is in a package. */
struct gpp_cursor {
	const uint8_t *at, *end;
	uint32_t options_left, instructions_left;
};

/**
 * Begin to walk over a package's payload. Returns 0, or -EINVAL with a line in error.
 * name: what the line calls the package.
 */
int gpp_begin(struct gpp_cursor *cursor, const uint8_t *payload, size_t size, const char *name,
	      struct board_error *error);

/**
 * The next option or instruction. Returns 1, 0 at the end, or -EINVAL: unknown opcode, cut short,
 * bytes left over.
 */
int gpp_next(struct gpp_cursor *cursor, struct gpp_instruction *instruction, const char *name,
	     struct board_error *error);

/** Walk over all of a package. Returns 0 or -EINVAL with a line in error. */
int gpp_check(const uint8_t *payload, size_t size, const char *name, struct board_error *error);

/** The text of an instruction or option, without a line end; cut at size. */
void gpp_text(const struct gpp_instruction *instruction, char *text, size_t size);

/** The instruction or option that a line stands for. Returns 0 or -EINVAL with a line in error. */
int gpp_from_text(const char *line, struct gpp_instruction *instruction, struct board_error *error);

#endif
