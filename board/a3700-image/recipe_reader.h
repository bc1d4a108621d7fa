/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two forms of a TIM as text have in common while they are read: our own, and that of the
 * vendor's tools. */
#ifndef BOARD_A3700_IMAGE_RECIPE_READER_H
#define BOARD_A3700_IMAGE_RECIPE_READER_H

#include "board/a3700-image/recipe.h"

/* Characters that a line may have */
#define RECIPE_MAX_LINE 160

/** Where the vendor's form is */
enum ntim_section {
	NTIM_HEADER,
	NTIM_RESERVED, /**< words of the reserved area, which are packages */
	NTIM_EXTENDED, /**< the names of packages, and lines that hold them together */
	NTIM_OPTIONS,
	NTIM_CODE,
};

/** Where recipe_parse() is. */
struct recipe_reader {
	struct recipe *recipe;
	struct recipe_package *package; /**< NULL in [TIM] */
	bool own_images;
	struct board_error *error;
	struct board_error reason; /**< of the line that is read; error points to it meanwhile */
	/* Of the vendor's form alone */
	enum ntim_section section;
	unsigned int reserved_at; /**< words of the reserved area that were read */
	uint32_t package_words;	  /**< that are still missing of its package */
	bool reserved_ended;	  /**< its last package, Term, was read */
	size_t consumer_at;	  /**< where CIDP counts the packages of its last consumer */
	uint32_t images_announced;
};

/** A number from a whole word. base: as for strtoul(). Returns 0 or -EINVAL. */
int recipe_number(const char *word, int base, uint32_t *value);

/**
 * Cut the comment off a line and split it into words, which are put into copy. Returns 0, or
 * -EINVAL with a line in the reader's error.
 */
int recipe_split(struct recipe_reader *reader, char *line, char copy[RECIPE_MAX_LINE],
		 char *words[RECIPE_MAX_WORDS], unsigned int *count);

/** Begin a package. Returns 0, or -EINVAL with a line in error. */
int recipe_begin_package(struct recipe_reader *reader, uint32_t id);

/** Add to the package that was begun last: a word, or a line with an option or instruction. 0 or
 * negative errno. */
int recipe_add_word(struct recipe_reader *reader, uint32_t value);
int recipe_add_code(struct recipe_reader *reader, const char *line);

/** Refuse what only the owner of keys can make. Returns 0, or -ENOTSUP with a line in error. */
int recipe_check_trusted(struct recipe_reader *reader, uint32_t trusted);

/**
 * Hand each line of a text to parse, which leaves a line in the reader's error where it fails.
 * Returns 0, or what parse returned with a line in error that names the line number.
 */
int recipe_read_lines(struct recipe_reader *reader, const char *text, size_t size,
		      int (*parse)(struct recipe_reader *reader, char *line),
		      struct board_error *error);

/** A recipe of nothing but what it has where no line says otherwise. */
void recipe_set_defaults(struct recipe *recipe);

#endif
