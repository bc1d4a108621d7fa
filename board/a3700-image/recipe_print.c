// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/recipe.h"

#include <errno.h>

#include "board/a3700-image/boot_image.h"
#include "board/a3700-image/gpp.h"
#include "board/common/bytes.h"

/* The hash's algorithm, and how many bytes it covers where that is not all or none by default */
static void print_hash(const struct tim_image *image, FILE *stream)
{
	if (image->hash_alg == 0)
		fprintf(stream, " none");
	else if (image->hash_alg == TIM_HASH_SHA1 || image->hash_alg == TIM_HASH_SHA256 ||
		 image->hash_alg == TIM_HASH_SHA512)
		fprintf(stream, " sha%u",
			image->hash_alg == TIM_HASH_SHA1 ? 1 : image->hash_alg * 8);
	else
		fprintf(stream, " %u", image->hash_alg);
	if (image->hash_alg != 0 && image->hash_size != image->size)
		fprintf(stream, " %u", image->hash_size);
	fprintf(stream, "\n");
}

static void print_code(const struct tim_package *package, FILE *stream)
{
	struct gpp_instruction instruction;
	struct gpp_cursor cursor;
	char text[160];

	if (gpp_begin(&cursor, package->payload, package->size, "", NULL) != 0)
		return;
	while (gpp_next(&cursor, &instruction, "", NULL) == 1) {
		gpp_text(&instruction, text, sizeof(text));
		fprintf(stream, "%s\n", text);
	}
}

static void print_words(const struct tim_package *package, FILE *stream)
{
	for (size_t at = 0; at + 4 <= package->size; at += 4)
		fprintf(stream, "WORD: 0x%08X\n", get_le32(package->payload + at));
}

/* Whether the counts of a CRV2 package fit its size */
static bool cores_fit(const struct tim_package *package)
{
	return package->size >= 4 && (package->size - 4) % 8 == 0 && package->size > 4 &&
	       get_le32(package->payload) == (package->size - 4) / 8;
}

static void print_cores(const struct tim_package *package, FILE *stream)
{
	for (size_t at = 4; at < package->size; at += 8)
		fprintf(stream, "RELEASE: %u 0x%08X\n", get_le32(package->payload + at),
			get_le32(package->payload + at + 4));
}

/* One consumer, as CIDP mostly has; more than that are printed as words. */
static bool one_consumer(const struct tim_package *package)
{
	return package->size >= 12 && get_le32(package->payload) == 1 &&
	       get_le32(package->payload + 8) == (package->size - 12) / 4 &&
	       (package->size - 12) / 4 <= RECIPE_MAX_WORDS - 2;
}

static void print_consumer(const struct tim_package *package, FILE *stream)
{
	char name[11];

	fprintf(stream, "CONSUMER: %s", tim_id_text(get_le32(package->payload + 4), name));
	for (size_t at = 12; at + 4 <= package->size; at += 4)
		fprintf(stream, " %s", tim_id_text(get_le32(package->payload + at), name));
	fprintf(stream, "\n");
}

void recipe_print_package(const struct tim_package *package, FILE *stream)
{
	char name[11];

	fprintf(stream, "[%s]\n", tim_id_text(package->id, name));
	if (tim_package_is_code(package->id))
		print_code(package, stream);
	else if (package->id == TIM_ID_CRV2 && cores_fit(package))
		print_cores(package, stream);
	else if (package->id == TIM_ID_CIDP && one_consumer(package))
		print_consumer(package, stream);
	else
		print_words(package, stream);
}

int recipe_print(const struct tim *tim, FILE *stream)
{
	const char *boot = boot_sign_name(tim->boot_sign);
	char name[11];

	fprintf(stream, "[TIM]\nVERSION: 0x%08X\nDATE: %08X\nOEM: %s\n", tim->version,
		tim->issue_date, tim_id_text(tim->oem_id, name));
	if (boot != NULL)
		fprintf(stream, "BOOT: %s\n", boot);
	else
		fprintf(stream, "BOOT: 0x%08X\n", tim->boot_sign);
	if (get_le32(tim->bytes + TIM_STEPPING) != 0)
		fprintf(stream, "STEPPING: 0x%X\n", get_le32(tim->bytes + TIM_STEPPING));
	if (tim->trusted)
		fprintf(stream, "TRUSTED: 1\n");
	for (unsigned int i = 0; i < tim->num_images; i++) {
		const struct tim_image *image = &tim->images[i];

		fprintf(stream, "IMAGE: %s 0x%X 0x%08X %u", tim_id_text(image->id, name),
			image->flash, image->load, image->partition);
		print_hash(image, stream);
	}
	for (unsigned int i = 0; i < tim->num_packages; i++)
		recipe_print_package(&tim->packages[i], stream);
	return ferror(stream) ? -EIO : 0;
}
