/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vendor's form of a TIM as text, as TF-A's build leaves it (atf-ntim.txt). "Name: value" lines
 * for the header and each image; the reserved area as words, whose packages come first; then,
 * between lines that begin and end sections, the consumer of the lists, and the lists with the
 * instructions that our own form has, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board/a3700-image/recipe_reader.h"
#include "board/common/bytes.h"

bool recipe_is_ntim(const char *text, size_t size)
{
	static const char first[] = "Version:";
	const char *end = text + size;

	for (const char *at = text; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
			at++;
		if (at < end && *at != ';' && *at != '\n')
			return (size_t)(end - at) >= sizeof(first) - 1 &&
			       memcmp(at, first, sizeof(first) - 1) == 0;
		at = newline == NULL ? end : newline + 1;
	}
	return false;
}

/* The image that is being described */
static struct tim_image *last_image(struct recipe_reader *reader)
{
	struct recipe *recipe = reader->recipe;

	return reader->own_images ? &recipe->images[recipe->num_images - 1] : NULL;
}

static int begin_image(struct recipe_reader *reader, uint32_t id)
{
	struct recipe *recipe = reader->recipe;

	if (!reader->own_images)
		recipe->num_images = 0;
	reader->own_images = true;
	if (recipe->num_images == TIM_MAX_IMAGES)
		return board_fail(reader->error, EINVAL, "more than %d images", TIM_MAX_IMAGES);
	recipe->images[recipe->num_images++] =
		(struct tim_image){ .id = id, .hash_size = RECIPE_WHOLE };
	return 0;
}

/* Where a field's value goes; NULL for fields that say nothing that create does not know by itself.
 */
static uint32_t *field(struct recipe_reader *reader, const char *name, bool *known)
{
	struct recipe *recipe = reader->recipe;
	struct tim_image *image = last_image(reader);
	struct tim_image none;
	const struct {
		const char *name;
		uint32_t *value;
		bool of_image;
	} fields[] = {
		{ "Version", &recipe->version, false },
		{ "Issue Date", &recipe->issue_date, false },
		{ "OEM UniqueID", &recipe->oem_id, false },
		{ "Stepping", &recipe->stepping, false },
		{ "Processor Type", NULL, false },
		{ "Boot Flash Signature", &recipe->boot_sign, false },
		{ "Number of Images", &reader->images_announced, false },
		{ "Size of Reserved in bytes", NULL, false },
		{ "Next Image ID", NULL, true },
		{ "Flash Entry Address", image ? &image->flash : &none.flash, true },
		{ "Load Address", image ? &image->load : &none.load, true },
		{ "Image Size To CRC in bytes", image ? &image->hash_size : &none.hash_size, true },
		{ "Image Size To Hash in bytes", image ? &image->hash_size : &none.hash_size,
		  true },
		{ "Hash Algorithm ID", image ? &image->hash_alg : &none.hash_alg, true },
		{ "Partition Number", image ? &image->partition : &none.partition, true },
		{ "Encrypt Start Offset", NULL, true },
		{ "Encrypt Size", NULL, true },
		{ "Image Filename", NULL, true },
	};

	*known = false;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(name, fields[i].name) == 0 && (!fields[i].of_image || image != NULL)) {
			*known = true;
			return fields[i].value;
		}
	}
	return NULL;
}

static int parse_field(struct recipe_reader *reader, const char *name, const char *value)
{
	uint32_t number = 0, *to;
	bool known, is_number = value != NULL && recipe_number(value, 0, &number) == 0;

	if (strcmp(name, "Reserved Data") == 0 || strcmp(name, "Extended Reserved Data") == 0) {
		reader->section = name[0] == 'R' ? NTIM_RESERVED : NTIM_EXTENDED;
		return 0;
	}
	if (strcmp(name, "Trusted") == 0 && is_number)
		return recipe_check_trusted(reader, number);
	if (strcmp(name, "Image ID") == 0 && is_number)
		return begin_image(reader, number);
	if (strcmp(name, "Encrypt Algorithm ID") == 0 && is_number && number == 0)
		return 0;
	to = field(reader, name, &known);
	if (!known || (to != NULL && !is_number))
		return board_fail(reader->error, EINVAL, "%s: %s: no such field or value", name,
				  value == NULL ? "" : value);
	if (to != NULL)
		*to = number;
	return 0;
}

/* A package of the reserved area begins with its ID. */
static int begin_reserved_package(struct recipe_reader *reader, uint32_t id)
{
	if (id == TIM_ID_TERM) {
		reader->reserved_ended = true;
		return 0;
	}
	if (tim_package_is_code(id))
		return board_fail(reader->error, EINVAL,
				  "a list of instructions as words of the reserved area");
	reader->package_words = UINT32_MAX;
	return recipe_begin_package(reader, id);
}

/* OPTH, the number of packages, and for each: ID, size in bytes with these two words, and the rest
 */
static int parse_reserved_word(struct recipe_reader *reader, uint32_t value)
{
	unsigned int at = reader->reserved_at++;

	if (at == 0 && value != TIM_ID_OPTH)
		return board_fail(reader->error, EINVAL,
				  "reserved data does not begin with OPTH (0x%08X)", TIM_ID_OPTH);
	/* create counts the packages itself; the size of Term is known. */
	if (at < 2 || reader->reserved_ended)
		return 0;
	if (reader->package_words == 0)
		return begin_reserved_package(reader, value);
	if (reader->package_words == UINT32_MAX) {
		if (value < TIM_PACKAGE_HEADER_SIZE || value % 4 != 0 || value > TIM_MAX_SIZE)
			return board_fail(reader->error, EINVAL, "a package cannot have 0x%x bytes",
					  value);
		reader->package_words = (value - TIM_PACKAGE_HEADER_SIZE) / 4;
		return 0;
	}
	reader->package_words--;
	return recipe_add_word(reader, value);
}

/* CIDP: the number of consumers; for each its ID, and the number and IDs of its packages */
static int add_consumer(struct recipe_reader *reader, uint32_t id)
{
	int result = 0;

	if (reader->package == NULL || reader->package->id != TIM_ID_CIDP) {
		result = recipe_begin_package(reader, TIM_ID_CIDP);
		if (result == 0)
			result = recipe_add_word(reader, 0);
	}
	if (result == 0)
		result = recipe_add_word(reader, id);
	if (result != 0)
		return result;
	put_le32(reader->package->payload, get_le32(reader->package->payload) + 1);
	reader->consumer_at = reader->package->size;
	return recipe_add_word(reader, 0);
}

static int add_consumed(struct recipe_reader *reader, uint32_t id)
{
	uint8_t *count;
	int result;

	if (reader->package == NULL || reader->package->id != TIM_ID_CIDP)
		return board_fail(reader->error, EINVAL, "PID: there is no CID: before it");
	result = recipe_add_word(reader, id);
	if (result != 0)
		return result;
	count = reader->package->payload + reader->consumer_at;
	put_le32(count, get_le32(count) + 1);
	return 0;
}

static int begin_list(struct recipe_reader *reader, uint32_t id)
{
	if (!tim_package_is_code(id))
		return board_fail(reader->error, EINVAL, "only GPP1, GPP2 and DDR3 are lists");
	return recipe_begin_package(reader, id);
}

static bool in_list(const struct recipe_reader *reader)
{
	return reader->package != NULL && tim_package_is_code(reader->package->id);
}

/* Lines that hold the rest together. Returns 1 where the line is none of them. */
static int parse_frame(struct recipe_reader *reader, const char *name, const char *value)
{
	static const struct {
		const char *name;
		enum ntim_section section;
	} frames[] = {
		{ "Consumer ID", NTIM_EXTENDED },
		{ "End Consumer ID", NTIM_EXTENDED },
		{ "GPP", NTIM_EXTENDED },
		{ "GPP Operations", NTIM_OPTIONS },
		{ "End GPP Operations", NTIM_EXTENDED },
		{ "End GPP", NTIM_EXTENDED },
		{ "DDR Initialization", NTIM_EXTENDED },
		{ "End DDR Initialization", NTIM_EXTENDED },
		{ "Operations", NTIM_OPTIONS },
		{ "End Operations", NTIM_EXTENDED },
		{ "Instructions", NTIM_CODE },
		{ "End Instructions", NTIM_EXTENDED },
		{ "Extended Reserved Data", NTIM_EXTENDED },
		{ "End Extended Reserved Data", NTIM_EXTENDED },
	};

	if (value != NULL)
		return 1;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (strcmp(name, frames[i].name) != 0)
			continue;
		reader->section = frames[i].section;
		if (reader->section != NTIM_EXTENDED && !in_list(reader))
			return board_fail(reader->error, EINVAL,
					  "%s: no GPP_PID: or DDR_PID: before it", name);
		return 0;
	}
	return 1;
}

static int parse_extended(struct recipe_reader *reader, const char *name, const char *value)
{
	uint32_t id;

	if (value != NULL && tim_id_from_text(value, &id) == 0) {
		if (strcmp(name, "CID") == 0)
			return add_consumer(reader, id);
		if (strcmp(name, "PID") == 0)
			return add_consumed(reader, id);
		if (strcmp(name, "GPP_PID") == 0 || strcmp(name, "DDR_PID") == 0)
			return begin_list(reader, id);
	}
	return board_fail(reader->error, EINVAL, "%s: %s: no such line here", name,
			  value == NULL ? "" : value);
}

/* Options have other names here than in our own form, but for those of DDR_... */
static int parse_option(struct recipe_reader *reader, const char *name, const char *line)
{
	char ours[RECIPE_MAX_LINE + 40] = "IGNORE_INSTRUCTION_TIMEOUTS:";

	if (strcmp(name, "GPP_IGNORE_INST_TO") != 0 && strcmp(name, "DDR_IGNORE_INST_TO") != 0)
		return recipe_add_code(reader, line);
	strncat(ours, strchr(line, ':') + 1, RECIPE_MAX_LINE);
	return recipe_add_code(reader, ours);
}

/* A line's name is what is before its colon, whatever blanks are in it. */
static const char *take_name(const char *line, char name[RECIPE_MAX_LINE])
{
	const char *colon = strchr(line, ':');

	line += strspn(line, " \t");
	if (colon == NULL || colon < line)
		return NULL;
	memcpy(name, line, (size_t)(colon - line));
	name[colon - line] = '\0';
	return name;
}

static int parse_line(struct recipe_reader *reader, char *line)
{
	char *words[RECIPE_MAX_WORDS], copy[RECIPE_MAX_LINE], text[RECIPE_MAX_LINE];
	const char *name, *value;
	unsigned int count;
	uint32_t word;
	int result = recipe_split(reader, line, copy, words, &count);

	if (result != 0 || count == 0)
		return result;
	name = take_name(line, text);
	if (name == NULL) {
		if (reader->section == NTIM_RESERVED && count == 1 &&
		    recipe_number(words[0], 0, &word) == 0)
			return parse_reserved_word(reader, word);
		return board_fail(reader->error, EINVAL, "%s: a name and a colon are expected",
				  words[0]);
	}
	value = strchr(line, ':') + 1;
	value = value[strspn(value, " \t\r")] == '\0' ? NULL : words[count - 1];
	if (reader->section == NTIM_HEADER)
		return parse_field(reader, name, value);
	result = parse_frame(reader, name, value);
	if (result != 1)
		return result;
	if (reader->section == NTIM_CODE)
		return recipe_add_code(reader, line);
	if (reader->section == NTIM_OPTIONS)
		return parse_option(reader, name, line);
	return parse_extended(reader, name, value);
}

static int check_end(struct recipe_reader *reader)
{
	struct recipe *recipe = reader->recipe;

	if (!reader->own_images || recipe->images[0].id != TIM_ID_TIMH)
		return board_fail(reader->error, EINVAL, "the first image is not TIMH");
	if (reader->images_announced != recipe->num_images)
		return board_fail(reader->error, EINVAL,
				  "Number of Images is %u, but %u are described",
				  reader->images_announced, recipe->num_images);
	if (recipe->images[0].hash_alg == 0 || recipe->images[0].hash_size == 0)
		return board_fail(reader->error, EINVAL, "the TIM itself needs a hash");
	if (reader->package_words != 0 || (reader->reserved_at > 0 && !reader->reserved_ended))
		return board_fail(reader->error, EINVAL, "the reserved data has no end (Term)");
	return 0;
}

int recipe_parse_ntim(const char *text, size_t size, struct recipe *recipe,
		      struct board_error *error)
{
	struct recipe_reader reader = { .recipe = recipe };
	int result;

	recipe_set_defaults(recipe);
	result = recipe_read_lines(&reader, text, size, parse_line, error);
	return result != 0 ? result : check_end(&reader);
}
