/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TIM as text: what `a3700-image create` makes a TIM from, and what `a3700-image extract` writes,
 *so that the two together give the same TIM again.
 *
 *	; a comment
 *	[TIM]
 *	VERSION: 0x00030600
 *	DATE: 22112026                          day, month, year
 *	OEM: MRVL
 *	BOOT: spinor                            or a number
 *	STEPPING: 0
 *	IMAGE: TIMH 0x0 0x20006000 0 sha256     ID, place in flash, load address, partition, hash
 *	IMAGE: WTMI 0x4000 0x1FFF0000 0 none    no hash
 *	IMAGE: OBMI 0x15000 0x64100000 0 sha256 0
 *						bytes that are hashed, where it is not all; 0: no
 *						hash, but the algorithm is named
 *	[CRV2]
 *	RELEASE: 2 0x1FFF0760                   core (2: the secure CPU), its first instruction
 *	[CIDP]
 *	CONSUMER: TBRI GPP1 GPP2 DDR3
 *	[GPP1]                                  also GPP2 and DDR3: options, then instructions
 *(gpp.h) IGNORE_INSTRUCTION_TIMEOUTS: 0 WRITE: 0xC0013010 0x0 [ABCD] any other package, as words
 *	WORD: 0x12345678
 *
 * Everything in [TIM] has the value shown here unless it is given, images sha256 over all of them;
 *a first IMAGE line replaces all three.
 */
#ifndef BOARD_A3700_IMAGE_RECIPE_H
#define BOARD_A3700_IMAGE_RECIPE_H

#include <stdio.h>

#include "board/a3700-image/tim.h"

/** hash_size of an image whose bytes are hashed all, however many they are */
#define RECIPE_WHOLE	 0xffffffffu
/* Words that a line may have */
#define RECIPE_MAX_WORDS 16

struct recipe_package {
	uint32_t id;
	uint32_t num_options, num_instructions; /**< of instruction packages alone */
	size_t size;
	uint8_t *payload; /**< owned */
};

struct recipe {
	uint32_t version, issue_date, oem_id, stepping, boot_sign;
	unsigned int num_images;
	/** id, flash, load, partition, hash_alg (0: none), hash_size (0: none, or RECIPE_WHOLE) */
	struct tim_image images[TIM_MAX_IMAGES];
	unsigned int num_packages;
	struct recipe_package packages[TIM_MAX_PACKAGES];
};

/**
 * Read a recipe of size bytes. Returns 0, or -EINVAL / -ENOMEM / -ENOTSUP (a trusted TIM) with a
 * line in error that names the line number. recipe_free() it in either case.
 */
int recipe_parse(const char *text, size_t size, struct recipe *recipe, struct board_error *error);

/**
 * The same for the vendor's form (atf-ntim.txt of TF-A's build), which recipe_is_ntim() knows by
 * its first line that says something: it begins with "Version:".
 */
int recipe_parse_ntim(const char *text, size_t size, struct recipe *recipe,
		      struct board_error *error);
bool recipe_is_ntim(const char *text, size_t size);

void recipe_free(struct recipe *recipe);

/** Write a TIM as a recipe. Returns 0 or -EIO. */
int recipe_print(const struct tim *tim, FILE *stream);

/** Write one package as a section of a recipe. */
void recipe_print_package(const struct tim_package *package, FILE *stream);

/** Bytes of a recipe's TIM. */
size_t recipe_tim_size(const struct recipe *recipe);

/** An image's bytes, which stay the caller's. */
struct recipe_file {
	const uint8_t *bytes;
	size_t size;
};

/**
 * Make the TIM.
 * files: the bytes of each image of the recipe, in order; the first (the TIM itself) is not looked
 * at. tim: room for recipe_tim_size() bytes, at most TIM_MAX_SIZE of which are possible. Returns 0
 * or -EINVAL with a line in error.
 */
int recipe_make_tim(const struct recipe *recipe, const struct recipe_file *files, uint8_t *tim,
		    struct board_error *error);

#endif
