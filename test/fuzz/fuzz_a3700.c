// SPDX-License-Identifier: BSD-2-Clause
/* Boot images and recipes of the Armada 3700 from hostile bytes; those that begin with [ or V are
 * recipes, in our form and in the vendor's. */
/* sources: board/a3700-image/tim.c board/a3700-image/gpp.c board/a3700-image/boot_image.c */
/* sources: board/a3700-image/fip.c board/a3700-image/topology.c board/a3700-image/gpp_values.c */
/* sources: board/a3700-image/versions.c board/a3700-image/recipe_ntim.c */
/* sources: board/a3700-image/recipe_parse.c board/a3700-image/recipe_print.c */
/* sources: board/a3700-image/recipe_make.c board/a3700-image/info.c board/common/error.c */
/* sources: board/uart-boot/speed.c board/uart-boot/wtptp.c board/uart-boot/link.c */
/* libs: -lnettle */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/a3700-image/info.h"
#include "board/a3700-image/recipe.h"
#include "board/common/bytes.h"
#include "board/uart-boot/speed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_to_nowhere(const struct boot_image *boot)
{
	const struct info_request request = { .name = "x", .verbose = true };
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	struct recipe recipe;

	info_print(boot, &request, stream);
	fclose(stream);
	free(text);
	text = NULL;
	stream = open_memstream(&text, &length);
	recipe_print(&boot->tims[0], stream);
	fclose(stream);
	recipe_parse(text, length, &recipe, NULL);
	recipe_free(&recipe);
	free(text);
}

/* A TIM that is taken can be given the change of speed, or it is refused; what comes out is a TIM.
 */
static void try_speed(const struct tim *tim)
{
	size_t size = tim->size;
	uint8_t *copy = malloc(size);
	struct tim changed;

	memcpy(copy, tim->bytes, size);
	if (speed_add_to_tim(&copy, &size, 921600, NULL) == 0 &&
	    (tim_parse(copy, size, &changed, NULL) != 0 || changed.size != size))
		abort();
	free(copy);
}

static void try_image(const uint8_t *data, size_t size)
{
	struct boot_image boot;
	uint8_t *copy = malloc(size + 1);

	memcpy(copy, data, size);
	if (boot_image_open(copy, size, &boot, NULL) == 0) {
		print_to_nowhere(&boot);
		try_speed(&boot.tims[0]);
		/* Mutations rarely get a hash right, so it is put right for them. */
		if (tim_rehash(copy, &boot.tims[0]) == 0)
			boot_image_convert(copy, size, BOOT_SIGN_UART, 1, NULL);
	}
	free(copy);
}

static void try_recipe(const uint8_t *data, size_t size)
{
	struct recipe_file files[TIM_MAX_IMAGES] = { { 0 } };
	struct recipe recipe;
	static uint8_t tim[TIM_MAX_SIZE];
	int result = data[0] == 'V' ? recipe_parse_ntim((const char *)data, size, &recipe, NULL)
				    : recipe_parse((const char *)data, size, &recipe, NULL);

	if (result == 0 && recipe_tim_size(&recipe) <= sizeof(tim))
		recipe_make_tim(&recipe, files, tim, NULL);
	recipe_free(&recipe);
}

/* The same TIM as the second of a signed image, whose first is made of its beginning: so are
 * changes to either tried. */
static void try_signed(const uint8_t *tim, size_t length)
{
	static const uint32_t reserved[] = { TIM_ID_OPTH, 2,	       TIM_ID_IMAP, 32,
					     1,		  TIM_ID_CSKT, 0,	    0x1000,
					     0,		  0,	       TIM_ID_TERM, 8 };
	static uint8_t image[0x1000 + TIM_MAX_SIZE + TIM_SIGNATURE_SIZE];
	size_t at = TIM_HEADER_SIZE + TIM_IMAGE_RECORD_SIZE;

	memset(image, 0, sizeof(image));
	memcpy(image, tim, at);
	memcpy(image + at, reserved, sizeof(reserved));
	put_le32(image + TIM_TRUSTED, 1);
	put_le32(image + TIM_NUM_IMAGES, 1);
	put_le32(image + TIM_SIZE_OF_RESERVED, sizeof(reserved));
	put_le32(image + TIM_HEADER_SIZE + TIM_IMAGE_NEXT, TIM_ID_NONE);
	put_le32(image + TIM_HEADER_SIZE + TIM_IMAGE_BYTES, 0x1000);
	put_le32(image + TIM_HEADER_SIZE + TIM_IMAGE_HASH_BYTES, 0x100);
	memcpy(image + 0x1000, tim, length);
	put_le32(image + 0x1000 + TIM_IDENTIFIER, TIM_ID_TIMN);
	put_le32(image + 0x1000 + TIM_TRUSTED, 1);
	put_le32(image + 0x1000 + TIM_HEADER_SIZE, TIM_ID_TIMN);
	put_le32(image + 0x1000 + TIM_HEADER_SIZE + TIM_IMAGE_BYTES,
		 (uint32_t)length + TIM_SIGNATURE_SIZE);
	try_image(image, 0x1000 + length + TIM_SIGNATURE_SIZE);
}

/* A good TIM with the changes that the input asks for: offset (two bytes), value, and so on. */
static void try_changes(const uint8_t *data, size_t size)
{
	static const char text[] = "[CRV2]\nRELEASE: 2 0\n[CIDP]\nCONSUMER: TBRI GPP1\n"
				   "[GPP1]\nDDR_INIT_ENABLE: 1\nWRITE: 1 2\nLABEL: L\n"
				   "TEST_SM_AND_BRANCH: SM0 1 2 < L\n[DDR3]\n"
				   "WRITE: 0xC0000200 0x000D0001\nEND:\n[ABCD]\nWORD: 1\n";
	struct recipe_file files[TIM_MAX_IMAGES] = { { 0 } };
	static uint8_t tim[TIM_MAX_SIZE];
	struct recipe recipe;
	size_t length;

	if (recipe_parse(text, sizeof(text) - 1, &recipe, NULL) != 0 ||
	    recipe_make_tim(&recipe, files, tim, NULL) != 0)
		abort();
	length = recipe_tim_size(&recipe);
	recipe_free(&recipe);
	for (; size >= 3; data += 3, size -= 3)
		tim[(data[0] | (size_t)data[1] << 8) % length] = data[2];
	try_image(tim, length);
	try_signed(tim, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == '[' || data[0] == 'V')
		try_recipe(data, size);
	else if (data[0] & 1)
		try_changes(data + 1, size - 1);
	else
		try_image(data + 1, size - 1);
	return 0;
}
