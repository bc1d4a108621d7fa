// SPDX-License-Identifier: BSD-2-Clause
/*
 * a3700-image - look at, make, take apart and convert boot images of the Armada 3700
 * (flash-image.bin).
 *
 * Exit status: 0 done; 1 wrong use, or a file that cannot be read or written; 2 not an intact boot
 * image; 3 intact, but not for the boot device or board named; 4 intact, but whether it is for that
 * board cannot be told.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/a3700-image/commands.h"
#include "board/a3700-image/info.h"
#include "board/a3700-image/place.h"

enum { STATUS_DONE, STATUS_FAILED, STATUS_BROKEN, STATUS_FOREIGN, STATUS_UNSURE };

static const char usage_text[] =
	"usage: a3700-image info [-v] [--for DEVICE] [--board BOARD] IMAGE\n"
	"       a3700-image create --recipe FILE [--boot DEVICE] [--partition N] --output IMAGE "
	"WTMI BOOT-IMAGE\n"
	"       a3700-image extract [--uart] IMAGE FOLDER\n"
	"       a3700-image convert --to DEVICE [--partition N] IMAGE OUTPUT\n"
	"DEVICE is one of spinor, spinand, emmc, emmcalt, sata, uart.\n"
	"create reads recipes as extract writes them, and TF-A's atf-ntim.txt.\n"
	"BOARD is one of v5-512m, v5-1g-1chip, v5-1g-2chip, v5-2g, v7-1g, v7-2g, ultra.\n";

struct options {
	uint32_t device; /* 0: not given */
	const struct board_kind *board;
	const char *recipe, *output;
	int partition;
	bool verbose, uart;
	char **files;
	int num_files;
};

static int complain(const char *object, const char *text)
{
	if (object != NULL)
		fprintf(stderr, "a3700-image: %s: %s\n", object, text);
	else
		fprintf(stderr, "a3700-image: %s\n", text);
	return STATUS_FAILED;
}

static int usage(void)
{
	fputs(usage_text, stderr);
	return STATUS_FAILED;
}

/* Status for a file that was read and found to be wrong */
static int complain_of_image(const char *name, int result, const struct board_error *error)
{
	complain(name, error->text);
	return result == -EINVAL || result == -ENODATA || result == -EBADMSG ? STATUS_BROKEN
									     : STATUS_FAILED;
}

static int open_image(const char *name, struct file *file, struct boot_image *boot)
{
	struct board_error error;
	int result;

	if (file_read(name, BOOT_IMAGE_MAX_SIZE, file, &error) != 0)
		return complain(NULL, error.text);
	result = boot_image_open(file->bytes, file->size, boot, &error);
	return result == 0 ? STATUS_DONE : complain_of_image(name, result, &error);
}

static int command_info(const struct options *options)
{
	struct info_request request = { .verbose = options->verbose,
					.destination = options->device,
					.board = options->board };
	struct file file = { 0 };
	struct boot_image boot;
	int status;

	if (options->num_files != 1)
		return usage();
	request.name = options->files[0];
	status = open_image(request.name, &file, &boot);
	if (status == STATUS_DONE) {
		static const int statuses[] = { [INFO_FINE] = STATUS_DONE,
						[INFO_BROKEN] = STATUS_BROKEN,
						[INFO_FOREIGN] = STATUS_FOREIGN,
						[INFO_UNSURE] = STATUS_UNSURE };

		status = statuses[info_print(&boot, &request, stdout)];
	}
	file_free(&file);
	return status;
}

/* Read the images that the recipe asks for, in the order of the command line. */
static int read_parts(const struct options *options, const struct recipe *recipe,
		      struct file *parts, struct recipe_file *files)
{
	struct board_error error;

	if ((unsigned int)options->num_files != recipe->num_images - 1) {
		char text[80];

		snprintf(text, sizeof(text),
			 "the recipe has %u images beside the TIM, %d are given",
			 recipe->num_images - 1, options->num_files);
		return complain(options->recipe, text);
	}
	for (int i = 0; i < options->num_files; i++) {
		if (file_read(options->files[i], BOOT_IMAGE_MAX_SIZE, &parts[i + 1], &error) != 0)
			return complain(NULL, error.text);
		files[i + 1].bytes = parts[i + 1].bytes;
		files[i + 1].size = parts[i + 1].size;
	}
	return STATUS_DONE;
}

/* Where the command line says so, and not the recipe */
static void set_device(const struct options *options, struct recipe *recipe)
{
	int partition = options->partition;

	if (options->device != 0)
		recipe->boot_sign = options->device;
	if (options->device != 0 && partition < 0)
		partition = place_partition(options->device, recipe->images[0].partition);
	for (unsigned int i = 0; partition >= 0 && i < recipe->num_images; i++)
		recipe->images[i].partition = (uint32_t)partition;
}

static int create(const struct options *options, struct recipe *recipe)
{
	struct recipe_file files[TIM_MAX_IMAGES] = { 0 };
	struct file parts[TIM_MAX_IMAGES] = { 0 };
	struct file image = { 0 };
	struct board_error error;
	int status;

	set_device(options, recipe);
	status = read_parts(options, recipe, parts, files);
	if (status == STATUS_DONE && create_image(recipe, files, &image, &error) != 0)
		status = complain(options->recipe, error.text);
	if (status == STATUS_DONE &&
	    file_write(options->output, image.bytes, image.size, &error) != 0)
		status = complain(NULL, error.text);
	for (int i = 0; i < TIM_MAX_IMAGES; i++)
		file_free(&parts[i]);
	file_free(&image);
	return status;
}

/* In either form */
static int read_recipe(const struct file *text, struct recipe *recipe, struct board_error *error)
{
	const char *bytes = (const char *)text->bytes;

	if (recipe_is_ntim(bytes, text->size))
		return recipe_parse_ntim(bytes, text->size, recipe, error);
	return recipe_parse(bytes, text->size, recipe, error);
}

static int command_create(const struct options *options)
{
	struct board_error error;
	struct recipe recipe;
	struct file text;
	int status;

	if (options->recipe == NULL || options->output == NULL)
		return usage();
	if (file_read(options->recipe, 1 << 20, &text, &error) != 0)
		return complain(NULL, error.text);
	if (read_recipe(&text, &recipe, &error) != 0)
		status = complain(options->recipe, error.text);
	else
		status = create(options, &recipe);
	recipe_free(&recipe);
	file_free(&text);
	return status;
}

static int command_extract(const struct options *options)
{
	struct file file = { 0 };
	struct boot_image boot;
	struct board_error error;
	int status, result;

	if (options->num_files != 2)
		return usage();
	status = open_image(options->files[0], &file, &boot);
	if (status == STATUS_DONE) {
		result = extract_image(&boot, options->files[1], options->uart, &error);
		if (result != 0)
			status = complain_of_image(options->files[0], result, &error);
	}
	file_free(&file);
	return status;
}

/* Convert in memory, and write where it is to go. */
static int convert(const struct options *options, struct file *file)
{
	const char *name = options->files[0], *output = options->files[1];
	int partition = options->partition, result;
	struct board_error error;
	struct boot_image boot;

	result = boot_image_open(file->bytes, file->size, &boot, &error);
	if (result == 0 && partition < 0)
		partition = place_partition(options->device, boot.tims[0].images[0].partition);
	if (result == 0)
		result = boot_image_convert(file->bytes, file->size, options->device, partition,
					    &error);
	if (result == 0)
		result = boot_image_open(file->bytes, file->size, &boot, &error);
	if (result != 0)
		return complain_of_image(name, result, &error);
	if (file_write(output, file->bytes, file->size, &error) != 0)
		return complain(NULL, error.text);
	place_print(&boot, output, stderr);
	return STATUS_DONE;
}

static int command_convert(const struct options *options)
{
	struct board_error error;
	struct file file;
	int status;

	if (options->num_files != 2 || options->device == 0)
		return usage();
	if (file_read(options->files[0], BOOT_IMAGE_MAX_SIZE, &file, &error) != 0)
		return complain(NULL, error.text);
	status = convert(options, &file);
	file_free(&file);
	return status;
}

static bool parse_partition(const char *text, int *partition)
{
	char *end;
	long number = strtol(text, &end, 10);

	*partition = (int)number;
	return end != text && *end == '\0' && number >= 0 && number <= 255;
}

/* Returns whether the option's value was understood; says so if not. */
static bool parse_option(int option, struct options *options)
{
	switch (option) {
	case 'v':
		options->verbose = true;
		return true;
	case 'u':
		options->uart = true;
		return true;
	case 'r':
		options->recipe = optarg;
		return true;
	case 'o':
		options->output = optarg;
		return true;
	case 'd':
		if (boot_sign_from_name(optarg, &options->device) == 0)
			return true;
		complain(optarg, "no such boot device");
		break;
	case 'b':
		options->board = board_kind_by_name(optarg);
		if (options->board != NULL)
			return true;
		complain(optarg, "no such board");
		break;
	case 'p':
		if (parse_partition(optarg, &options->partition))
			return true;
		complain(optarg, "not a partition number (0 to 255)");
		break;
	default:
		break;
	}
	usage();
	return false;
}

/* What a full disk took of the output must not pass for all of it. */
static int end_output(int status)
{
	struct board_error error;

	return file_flush(stdout, "standard output", &error) == 0 ? status
								  : complain(NULL, error.text);
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "verbose", no_argument, NULL, 'v' },
		{ "for", required_argument, NULL, 'd' },
		{ "to", required_argument, NULL, 'd' },
		{ "boot", required_argument, NULL, 'd' },
		{ "board", required_argument, NULL, 'b' },
		{ "recipe", required_argument, NULL, 'r' },
		{ "output", required_argument, NULL, 'o' },
		{ "uart", no_argument, NULL, 'u' },
		{ "partition", required_argument, NULL, 'p' },
		{ 0 },
	};
	static const struct {
		const char *name;
		int (*run)(const struct options *options);
	} commands[] = { { "info", command_info },
			 { "create", command_create },
			 { "extract", command_extract },
			 { "convert", command_convert } };
	struct options options = { .partition = -1 };
	int option;

	if (argc < 2)
		return usage();
	while ((option = getopt_long(argc - 1, argv + 1, "vo:r:", long_options, NULL)) != -1) {
		if (!parse_option(option, &options))
			return STATUS_FAILED;
	}
	options.files = argv + 1 + optind;
	options.num_files = argc - 1 - optind;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return end_output(commands[i].run(&options));
	}
	return usage();
}
