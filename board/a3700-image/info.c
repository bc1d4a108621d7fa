// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/info.h"

#include <string.h>

#include "board/a3700-image/fip.h"
#include "board/a3700-image/recipe.h"
#include "board/a3700-image/versions.h"
#include "board/common/bytes.h"

/* Where TF-A's build puts things: as the secure CPU sees addresses */
#define WTMI_LOAD	0x1fff0000u
#define OBMI_LOAD	0x64100000u
#define CORE_SECURE_CPU 2u
/* U-Boot keeps its environment here in the SPI flash. */
#define SPINOR_ENV	0x3f0000u

static const char *state_words(enum image_state state)
{
	switch (state) {
	case IMAGE_HASH_GOOD:
		return "good";
	case IMAGE_HASH_BAD:
		return "WRONG";
	case IMAGE_ABSENT:
		return "in another file";
	case IMAGE_SIGNED:
		return "none: signed";
	case IMAGE_ENCRYPTED:
		return "cannot be checked: encrypted";
	default:
		return "not checked by the BootROM";
	}
}

static const char *alg_words(uint32_t alg)
{
	return alg == TIM_HASH_SHA1	? "SHA-1"
	       : alg == TIM_HASH_SHA256 ? "SHA-256"
	       : alg == TIM_HASH_SHA512 ? "SHA-512"
					: "no hash";
}

static void print_header(const struct boot_image *boot, const struct tim *tim, FILE *stream)
{
	const char *words = boot_sign_words(tim->boot_sign);
	char name[11], oem[11];

	fprintf(stream, "%s 3.%u, %s, %02x-%02x-%04x, OEM %s, %zu bytes%s\n",
		tim_id_text(tim->id, name), tim->version >> 8 & 0xff,
		tim->trusted ? "trusted" : "untrusted", tim->issue_date >> 24,
		tim->issue_date >> 16 & 0xff, tim->issue_date & 0xffff,
		tim_id_text(tim->oem_id, oem), tim->size,
		boot->tim_only ? " (without its images)" : "");
	if (words != NULL)
		fprintf(stream, "boot device: %s (%s)\n", words, boot_sign_name(tim->boot_sign));
	else
		fprintf(stream, "boot device: unknown (0x%08X)\n", tim->boot_sign);
}

static void print_images(const struct boot_image *boot, unsigned int number, FILE *stream)
{
	const struct tim *tim = &boot->tims[number];

	fprintf(stream, "image       flash       load    bytes  partition  hash\n");
	for (unsigned int i = 0; i < tim->num_images; i++) {
		const struct tim_image *image = &tim->images[i];
		char name[11];

		fprintf(stream, "%-5s  0x%08x 0x%08x %8u  %9u  %s %s\n",
			tim_id_text(image->id, name), image->flash, image->load, image->size,
			image->partition, alg_words(image->hash_alg),
			state_words(boot_image_check(boot, number, i)));
	}
}

static void print_start(const struct tim *tim, FILE *stream)
{
	const struct tim_package *package = tim_package_by_id(tim, TIM_ID_CRV2);

	if (package != NULL && package->size == 12)
		fprintf(stream, "starts: core %u%s at 0x%08x\n", get_le32(package->payload + 4),
			get_le32(package->payload + 4) == CORE_SECURE_CPU ? " (secure CPU)" : "",
			get_le32(package->payload + 8));
}

static void print_memory(const struct topology *topology, FILE *stream)
{
	const char *boards = topology_boards(topology);

	if (topology->at_run_time) {
		fprintf(stream, "DRAM: cannot be told: the instructions choose it when they run\n");
		return;
	}
	if (topology->ddr_type == 0 || topology->bytes == 0) {
		fprintf(stream, "DRAM: cannot be told from the instructions\n");
		return;
	}
	fprintf(stream, "DRAM: DDR%d, %d chip select%s, %llu MiB", topology->ddr_type,
		topology->chip_selects, topology->chip_selects == 1 ? "" : "s",
		(unsigned long long)topology->bytes >> 20);
	if (boards != NULL)
		fprintf(stream, " (DDR_TOPOLOGY %d): %s\n", topology_number(topology), boards);
	else
		fprintf(stream, ": not the topology of a known board\n");
}

static void print_clock(FILE *stream)
{
	fprintf(stream, "CPU clock: WTMI's code sets it; its console line \"Setting clocks:\" "
			"tells it\n");
}

static void print_obmi(const struct boot_image *boot, FILE *stream)
{
	const struct tim_image *obmi = boot_image_find(boot, TIM_ID_OBMI);
	const uint8_t *bytes = obmi == NULL ? NULL : boot_image_data(boot, obmi);
	struct board_error reason;
	struct fip fip;

	if (bytes == NULL)
		return;
	if (fip_parse(bytes, obmi->size, &fip, &reason) != 0) {
		fprintf(stream, "OBMI: %s\n", reason.text);
		return;
	}
	fprintf(stream, "OBMI: BL1 (%zu bytes of room)", fip.offset);
	for (unsigned int i = 0; i < fip.num_entries; i++)
		fprintf(stream, ", %s (%llu bytes)", fip.entries[i].name,
			(unsigned long long)fip.entries[i].size);
	fprintf(stream, "\n");
}

static void warn_encrypted(const struct boot_image *boot, FILE *stream)
{
	for (unsigned int t = 0; t < boot->num_tims; t++) {
		for (unsigned int i = 0; i < boot->tims[t].num_images; i++) {
			const struct tim_image *image = &boot->tims[t].images[i];
			char name[11];

			if (image->enc_alg != 0)
				fprintf(stream, "warning: %s is encrypted (algorithm 0x%x)\n",
					tim_id_text(image->id, name), image->enc_alg);
		}
	}
}

/* What is said of a signed image alone */
static void note_signature(const struct boot_image *boot, FILE *stream)
{
	uint32_t flash;

	if (!boot->tims[0].trusted)
		return;
	fprintf(stream,
		"note: a trusted image: boards whose fuses hold the hash of its keys take it, "
		"others refuse it; its signatures are not checked here\n");
	if (boot->num_tims == 1 && !boot->tim_only &&
	    boot_image_second_tim(&boot->tims[0], &flash) != 0)
		fprintf(stream, "warning: no IMAP package: it does not say where TIMN is\n");
}

static void note_room(const struct tim *tim, FILE *stream)
{
	for (unsigned int i = 1; i < tim->num_images; i++) {
		const uint8_t *record = tim->bytes + TIM_HEADER_SIZE + i * TIM_IMAGE_RECORD_SIZE;
		uint32_t room = get_le32(record + TIM_IMAGE_BYTES);
		char name[11];

		if (room != tim->images[i].size)
			fprintf(stream,
				"note: %s: the TIM has room for %u bytes, this file has %u of "
				"them\n",
				tim_id_text(tim->images[i].id, name), room, tim->images[i].size);
	}
}

static void warn_images(const struct boot_image *boot, FILE *stream)
{
	const struct tim_image *wtmi = boot_image_find(boot, TIM_ID_WTMI);
	const struct tim_image *obmi = boot_image_find(boot, TIM_ID_OBMI);

	if (boot->tims[0].trusted && boot->num_tims == 1)
		return;
	if (wtmi == NULL)
		fprintf(stream,
			"warning: no WTMI image: nothing would set clocks and train DRAM\n");
	else if (wtmi->load != WTMI_LOAD)
		fprintf(stream, "warning: WTMI is loaded at 0x%08x, not at 0x%08x\n", wtmi->load,
			WTMI_LOAD);
	if (obmi == NULL)
		fprintf(stream, "warning: no OBMI image: there is no TF-A and U-Boot to start\n");
	else if (obmi->load != OBMI_LOAD)
		fprintf(stream, "warning: OBMI is loaded at 0x%08x, not at 0x%08x\n", obmi->load,
			OBMI_LOAD);
	if (obmi != NULL && obmi->hash_size == 0)
		fprintf(stream, "warning: OBMI is not hashed: damage to it goes unnoticed\n");
	if (boot->tims[0].boot_sign == BOOT_SIGN_SPINOR && obmi != NULL &&
	    (uint64_t)obmi->flash + obmi->size > SPINOR_ENV)
		fprintf(stream,
			"warning: OBMI reaches into U-Boot's environment at 0x%x of the SPI "
			"flash\n",
			SPINOR_ENV);
	warn_encrypted(boot, stream);
}

static void warn_packages(const struct tim *tim, const struct topology *topology, FILE *stream)
{
	/* Those of a trusted image are in TIMN, which may be in another file. */
	if (tim->trusted && tim->id == TIM_ID_TIMH)
		return;
	if (tim_package_by_id(tim, TIM_ID_CRV2) == NULL)
		fprintf(stream, "warning: no CRV2 package: no core is started\n");
	if (tim_package_by_id(tim, TIM_ID_DDR3) == NULL)
		fprintf(stream, "warning: no DDR3 package: DRAM is not set up\n");
	else if (topology->ddr_type != 0 && topology_number(topology) < 0)
		fprintf(stream, "warning: DRAM topology of no known board\n");
	if (topology->old_ddr4)
		fprintf(stream, "warning: values for DDR4 that later versions of mv-ddr corrected: "
				"boards with "
				"DDR4 hang or crash with it now and then\n");
}

static bool check_destination(const struct boot_image *boot, const struct info_request *request,
			      FILE *stream)
{
	uint32_t sign = boot->tims[0].boot_sign;
	const char *is = boot_sign_words(sign);

	if (request->destination == 0 || request->destination == sign)
		return true;
	fprintf(stream,
		"warning: made for %s: the BootROM refuses it in %s; convert it with "
		"a3700-image convert --to %s\n",
		is == NULL ? "an unknown device" : is, boot_sign_words(request->destination),
		boot_sign_name(request->destination));
	return false;
}

static enum info_verdict check_board(const struct topology *topology,
				     const struct board_kind *board, FILE *stream)
{
	const struct topology *wanted = &board->topology;

	if (topology_is(topology, wanted))
		return INFO_FINE;
	if (topology->ddr_type == 0 || topology->bytes == 0) {
		fprintf(stream,
			"warning: whether it is for %s cannot be told: ask who built it, or try it "
			"over "
			"the UART first\n",
			board->words);
		return INFO_UNSURE;
	}
	fprintf(stream,
		"warning: not for %s, which has DDR%d, %d chip select%s, %llu MiB "
		"(DDR_TOPOLOGY %d): it would not boot, and only the UART brings it back\n",
		board->words, wanted->ddr_type, wanted->chip_selects,
		wanted->chip_selects == 1 ? "" : "s", (unsigned long long)wanted->bytes >> 20,
		topology_number(wanted));
	return INFO_FOREIGN;
}

static void print_packages(const struct tim *tim, FILE *stream)
{
	for (unsigned int i = 0; i < tim->num_packages; i++)
		recipe_print_package(&tim->packages[i], stream);
}

static void print_tim(const struct boot_image *boot, unsigned int number,
		      const struct info_request *request, FILE *stream)
{
	const struct tim *tim = &boot->tims[number];
	char name[11];

	print_header(boot, tim, stream);
	print_images(boot, number, stream);
	print_start(tim, stream);
	fprintf(stream, "packages:");
	for (unsigned int i = 0; i < tim->num_packages; i++)
		fprintf(stream, " %s", tim_id_text(tim->packages[i].id, name));
	fprintf(stream, "\n");
	if (request->verbose)
		print_packages(tim, stream);
}

enum info_verdict info_print(const struct boot_image *boot, const struct info_request *request,
			     FILE *stream)
{
	const struct tim *last = &boot->tims[boot->num_tims - 1];
	struct board_error reason;
	struct topology topology;
	enum info_verdict verdict, for_board = INFO_FINE;

	fprintf(stream, "%s: boot image for the Armada 3700, %zu bytes\n", request->name,
		boot->size);
	for (unsigned int i = 0; i < boot->num_tims; i++)
		print_tim(boot, i, request, stream);
	topology_read(last, &topology);
	print_memory(&topology, stream);
	print_clock(stream);
	print_obmi(boot, stream);
	versions_print(boot, stream);
	warn_images(boot, stream);
	warn_packages(last, &topology, stream);
	note_signature(boot, stream);
	note_room(last, stream);
	verdict = check_destination(boot, request, stream) ? INFO_FINE : INFO_FOREIGN;
	if (request->board != NULL)
		for_board = check_board(&topology, request->board, stream);
	if (verdict == INFO_FINE)
		verdict = for_board;
	if (boot_image_verify(boot, &reason) != 0) {
		fprintf(stream, "error: %s\n", reason.text);
		return INFO_BROKEN;
	}
	return verdict;
}
