/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/a3700-image/recipe.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board/a3700-image/boot_image.h"
#include "board/a3700-image/gpp.h"
#include "board/a3700-image/recipe_reader.h"
#include "board/common/bytes.h"

void recipe_set_defaults(struct recipe *recipe)
{
	static const struct tim_image images[] = {
		{ .id = TIM_ID_TIMH,
		  .load = 0x20006000,
		  .hash_size = RECIPE_WHOLE,
		  .hash_alg = TIM_HASH_SHA256 },
		{ .id = TIM_ID_WTMI,
		  .flash = 0x4000,
		  .load = 0x1fff0000,
		  .hash_size = RECIPE_WHOLE,
		  .hash_alg = TIM_HASH_SHA256 },
		{ .id = TIM_ID_OBMI,
		  .flash = 0x15000,
		  .load = 0x64100000,
		  .hash_size = RECIPE_WHOLE,
		  .hash_alg = TIM_HASH_SHA256 },
	};

	memset(recipe, 0, sizeof(*recipe));
	recipe->version = TIM_VERSION_3_6;
	recipe->issue_date = 0x22112026;
	recipe->oem_id = TIM_ID('M', 'R', 'V', 'L');
	recipe->boot_sign = BOOT_SIGN_SPINOR;
	memcpy(recipe->images, images, sizeof(images));
	recipe->num_images = 3;
}

int recipe_number(const char *word, int base, uint32_t *value)
{
	unsigned long number;
	char *end;

	if (word == NULL || !isxdigit((unsigned char)word[0]))
		return -EINVAL;
	errno = 0;
	number = strtoul(word, &end, base);
	if (*end != '\0' || errno != 0 || number > UINT32_MAX)
		return -EINVAL;
	*value = (uint32_t)number;
	return 0;
}

int recipe_split(struct recipe_reader *reader, char *line, char copy[RECIPE_MAX_LINE],
		 char *words[RECIPE_MAX_WORDS], unsigned int *count)
{
	char *save = NULL;

	*count = 0;
	line[strcspn(line, ";#")] = '\0';
	if (strlen(line) >= RECIPE_MAX_LINE)
		return board_fail(reader->error, EINVAL, "the line is too long");
	memcpy(copy, line, strlen(line) + 1);
	for (char *word = strtok_r(copy, " \t\r\n", &save); word != NULL;
	     word = strtok_r(NULL, " \t\r\n", &save)) {
		if (*count == RECIPE_MAX_WORDS)
			return board_fail(reader->error, EINVAL, "too many words");
		words[(*count)++] = word;
	}
	return 0;
}

int recipe_begin_package(struct recipe_reader *reader, uint32_t id)
{
	struct recipe *recipe = reader->recipe;

	/* Term is one, too. */
	if (recipe->num_packages + 1 == TIM_MAX_PACKAGES)
		return board_fail(reader->error, EINVAL, "more than %d packages",
				  TIM_MAX_PACKAGES - 1);
	reader->package = &recipe->packages[recipe->num_packages++];
	reader->package->id = id;
	return 0;
}

static int add_bytes(struct recipe_reader *reader, const uint8_t *bytes, size_t size)
{
	struct recipe_package *package = reader->package;
	uint8_t *payload;

	if (package->size + size > TIM_MAX_SIZE)
		return board_fail(reader->error, EINVAL, "the package is too large for a TIM");
	payload = realloc(package->payload, package->size + size);
	if (payload == NULL)
		return board_fail(reader->error, ENOMEM, "out of memory");
	memcpy(payload + package->size, bytes, size);
	package->payload = payload;
	package->size += size;
	return 0;
}

int recipe_add_word(struct recipe_reader *reader, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	return add_bytes(reader, bytes, sizeof(bytes));
}

int recipe_add_code(struct recipe_reader *reader, const char *line)
{
	struct recipe_package *package = reader->package;
	struct gpp_instruction instruction;
	int result = gpp_from_text(line, &instruction, reader->error);

	if (result != 0)
		return result;
	if (instruction.is_option && package->num_instructions > 0)
		return board_fail(reader->error, EINVAL, "an option after the first instruction");
	result = recipe_add_word(reader, instruction.opcode);
	for (unsigned int i = 0; result == 0 && i < instruction.num_parameters; i++)
		result = recipe_add_word(reader, instruction.parameters[i]);
	if (instruction.is_option)
		package->num_options++;
	else
		package->num_instructions++;
	return result;
}

int recipe_check_trusted(struct recipe_reader *reader, uint32_t trusted)
{
	if (trusted == 0)
		return 0;
	return board_fail(
		reader->error, ENOTSUP,
		"a trusted image: only the owner of its keys can make and sign one, with the "
		"vendor's tools");
}

/* One of the names, or any other number, which a record without a hash may have. */
static int parse_hash_name(const char *word, uint32_t *alg)
{
	static const struct {
		const char *name;
		uint32_t alg;
	} names[] = { { "none", 0 },
		      { "sha1", TIM_HASH_SHA1 },
		      { "sha256", TIM_HASH_SHA256 },
		      { "sha512", TIM_HASH_SHA512 } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i].name) == 0) {
			*alg = names[i].alg;
			return 0;
		}
	}
	return recipe_number(word, 0, alg);
}

static int parse_image(struct recipe_reader *reader, char **words, unsigned int count)
{
	struct recipe *recipe = reader->recipe;
	struct tim_image image = { 0 };

	if (!reader->own_images)
		recipe->num_images = 0;
	reader->own_images = true;
	if (recipe->num_images == TIM_MAX_IMAGES)
		return board_fail(reader->error, EINVAL, "more than %d images", TIM_MAX_IMAGES);
	image.hash_size = RECIPE_WHOLE;
	if (count < 6 || count > 7 || tim_id_from_text(words[1], &image.id) != 0 ||
	    recipe_number(words[2], 0, &image.flash) != 0 ||
	    recipe_number(words[3], 0, &image.load) != 0 ||
	    recipe_number(words[4], 0, &image.partition) != 0 ||
	    parse_hash_name(words[5], &image.hash_alg) != 0 ||
	    (count == 7 && recipe_number(words[6], 0, &image.hash_size) != 0))
		return board_fail(reader->error, EINVAL,
				  "IMAGE: ID FLASH LOAD PARTITION none|sha1|sha256|sha512 [BYTES] "
				  "is right");
	if ((image.hash_alg == 0 || image.hash_size == 0) && recipe->num_images == 0)
		return board_fail(reader->error, EINVAL, "the TIM itself needs a hash");
	recipe->images[recipe->num_images++] = image;
	return 0;
}

static int parse_header_line(struct recipe_reader *reader, char **words, unsigned int count)
{
	struct recipe *recipe = reader->recipe;
	uint32_t trusted;

	if (strcmp(words[0], "IMAGE:") == 0)
		return parse_image(reader, words, count);
	if (count != 2)
		return board_fail(reader->error, EINVAL, "%s has one value", words[0]);
	if (strcmp(words[0], "VERSION:") == 0 && recipe_number(words[1], 0, &recipe->version) == 0)
		return 0;
	if (strcmp(words[0], "DATE:") == 0 && strlen(words[1]) == 8 &&
	    recipe_number(words[1], 16, &recipe->issue_date) == 0)
		return 0;
	if (strcmp(words[0], "OEM:") == 0 && tim_id_from_text(words[1], &recipe->oem_id) == 0)
		return 0;
	if (strcmp(words[0], "BOOT:") == 0 &&
	    (boot_sign_from_name(words[1], &recipe->boot_sign) == 0 ||
	     (words[1][0] == '0' && recipe_number(words[1], 0, &recipe->boot_sign) == 0)))
		return 0;
	if (strcmp(words[0], "STEPPING:") == 0 &&
	    recipe_number(words[1], 0, &recipe->stepping) == 0)
		return 0;
	if (strcmp(words[0], "TRUSTED:") == 0 && recipe_number(words[1], 0, &trusted) == 0)
		return recipe_check_trusted(reader, trusted);
	return board_fail(reader->error, EINVAL, "%s %s: no such field or value in [TIM]", words[0],
			  words[1]);
}

/* CIDP: the number of consumers, and for each its ID, a count, and the packages that it takes */
static int parse_consumer(struct recipe_reader *reader, char **words, unsigned int count)
{
	uint32_t id;
	int result;

	if (count < 2 || tim_id_from_text(words[1], &id) != 0)
		return board_fail(reader->error, EINVAL, "CONSUMER: ID PACKAGE... is right");
	result = reader->package->size == 0 ? recipe_add_word(reader, 0) : 0;
	if (result == 0)
		result = recipe_add_word(reader, id);
	if (result == 0)
		result = recipe_add_word(reader, count - 2);
	for (unsigned int i = 2; result == 0 && i < count; i++) {
		if (tim_id_from_text(words[i], &id) != 0)
			return board_fail(reader->error, EINVAL, "%s is not an ID", words[i]);
		result = recipe_add_word(reader, id);
	}
	if (result == 0)
		put_le32(reader->package->payload, get_le32(reader->package->payload) + 1);
	return result;
}

/* CRV2: the number of cores, and for each its number and first instruction */
static int parse_release(struct recipe_reader *reader, char **words, unsigned int count)
{
	uint32_t core, entry;
	int result;

	if (count != 3 || recipe_number(words[1], 0, &core) != 0 ||
	    recipe_number(words[2], 0, &entry) != 0)
		return board_fail(reader->error, EINVAL, "RELEASE: CORE ADDRESS is right");
	result = reader->package->size == 0 ? recipe_add_word(reader, 0) : 0;
	if (result == 0)
		result = recipe_add_word(reader, core);
	if (result == 0)
		result = recipe_add_word(reader, entry);
	if (result == 0)
		put_le32(reader->package->payload, get_le32(reader->package->payload) + 1);
	return result;
}

static int parse_package_line(struct recipe_reader *reader, const char *line, char **words,
			      unsigned int count)
{
	uint32_t value;

	if (tim_package_is_code(reader->package->id))
		return recipe_add_code(reader, line);
	if (strcmp(words[0], "CONSUMER:") == 0 && reader->package->id == TIM_ID_CIDP)
		return parse_consumer(reader, words, count);
	if (strcmp(words[0], "RELEASE:") == 0 && reader->package->id == TIM_ID_CRV2)
		return parse_release(reader, words, count);
	if (strcmp(words[0], "WORD:") == 0 && count == 2 && recipe_number(words[1], 0, &value) == 0)
		return recipe_add_word(reader, value);
	return board_fail(reader->error, EINVAL, "%s does not belong here", words[0]);
}

static int parse_section(struct recipe_reader *reader, char *name)
{
	size_t length = strlen(name);
	uint32_t id;

	if (length < 3 || name[length - 1] != ']')
		return board_fail(reader->error, EINVAL, "%s: [NAME] is right", name);
	name[length - 1] = '\0';
	reader->package = NULL;
	if (strcmp(name + 1, "TIM") == 0)
		return 0;
	if (tim_id_from_text(name + 1, &id) != 0 || id == TIM_ID_TERM || id == TIM_ID_OPTH)
		return board_fail(reader->error, EINVAL, "%s is not the ID of a package", name + 1);
	return recipe_begin_package(reader, id);
}

static int parse_line(struct recipe_reader *reader, char *line)
{
	char *words[RECIPE_MAX_WORDS], copy[RECIPE_MAX_LINE];
	unsigned int count;
	int result = recipe_split(reader, line, copy, words, &count);

	if (result != 0)
		return result;
	if (count == 0)
		return 0;
	if (words[0][0] == '[')
		return parse_section(reader, words[0]);
	if (reader->package == NULL)
		return parse_header_line(reader, words, count);
	return parse_package_line(reader, line, words, count);
}

int recipe_read_lines(struct recipe_reader *reader, const char *text, size_t size,
		      int (*parse)(struct recipe_reader *reader, char *line),
		      struct board_error *error)
{
	const char *end = text + size;
	unsigned int number = 1;
	int result = 0;

	reader->error = &reader->reason;
	for (const char *at = text; result == 0 && at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline == NULL ? end : newline) - at);
		char *line = strndup(at, length);

		result = line == NULL ? -ENOMEM : parse(reader, line);
		free(line);
		if (result != 0)
			board_fail(error, -result, "line %u: %s", number,
				   line == NULL ? "out of memory" : reader->reason.text);
		at += length + 1;
	}
	/* The reader may lie on the stack of a caller who goes on with it. */
	reader->error = error;
	return result;
}

int recipe_parse(const char *text, size_t size, struct recipe *recipe, struct board_error *error)
{
	struct recipe_reader reader = { .recipe = recipe };

	recipe_set_defaults(recipe);
	return recipe_read_lines(&reader, text, size, parse_line, error);
}

void recipe_free(struct recipe *recipe)
{
	for (unsigned int i = 0; i < recipe->num_packages; i++)
		free(recipe->packages[i].payload);
	recipe->num_packages = 0;
}
