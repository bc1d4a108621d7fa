#include "board/a3700-image/info.h"

#include <ctype.h>
#include <string.h>

#include "board/a3700-image/fip.h"
#include "board/a3700-image/recipe.h"
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

/* Texts in the images that begin so say which version they are. */
static void print_version(const char *prefix, const uint8_t *bytes, size_t size, FILE *stream)
{
	const uint8_t *at = memmem(bytes, size, prefix, strlen(prefix));
	size_t length = 0;

	if (at == NULL)
		return;
	while (at + length < bytes + size && length < 64 && isprint(at[length]))
		length++;
	fprintf(stream, "version: %.*s\n", (int)length, (const char *)at);
}

static void print_wtmi(const struct boot_image *boot, FILE *stream)
{
	const struct tim_image *wtmi = boot_image_find(boot, TIM_ID_WTMI);
	const uint8_t *bytes = wtmi == NULL ? NULL : boot_image_data(boot, wtmi);

	fprintf(stream, "CPU clock: WTMI's code sets it; its console line \"Setting clocks:\" "
			"tells it\n");
	if (bytes == NULL)
		return;
	print_version("WTMI-", bytes, wtmi->size, stream);
	print_version("mv_ddr", bytes, wtmi->size, stream);
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
	print_version("Built : ", bytes, obmi->size, stream);
	print_version("U-Boot 20", bytes, obmi->size, stream);
}

static void warn_images(const struct boot_image *boot, FILE *stream)
{
	const struct tim_image *wtmi = boot_image_find(boot, TIM_ID_WTMI);
	const struct tim_image *obmi = boot_image_find(boot, TIM_ID_OBMI);

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
	for (unsigned int i = 0; i < boot->tims[0].num_images; i++) {
		if (boot->tims[0].images[i].enc_alg != 0)
			fprintf(stream, "warning: an image is encrypted\n");
	}
}

static void warn_packages(const struct tim *tim, const struct topology *topology, FILE *stream)
{
	if (tim_package_by_id(tim, TIM_ID_CRV2) == NULL)
		fprintf(stream, "warning: no CRV2 package: no core is started\n");
	if (tim_package_by_id(tim, TIM_ID_DDR3) == NULL)
		fprintf(stream, "warning: no DDR3 package: DRAM is not set up\n");
	else if (topology->ddr_type != 0 && topology_number(topology) < 0)
		fprintf(stream, "warning: DRAM topology of no known board\n");
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

static bool check_board(const struct topology *topology, const struct info_request *request,
			FILE *stream)
{
	const struct topology *wanted;

	if (request->board == NULL)
		return true;
	wanted = &request->board->topology;
	if (topology->ddr_type == wanted->ddr_type && topology->bytes == wanted->bytes &&
	    topology->chip_selects == wanted->chip_selects)
		return true;
	fprintf(stream,
		"warning: not for %s, which has DDR%d, %d chip select%s, %llu MiB "
		"(DDR_TOPOLOGY %d): it would not boot, and only the UART brings it back\n",
		request->board->words, wanted->ddr_type, wanted->chip_selects,
		wanted->chip_selects == 1 ? "" : "s", (unsigned long long)wanted->bytes >> 20,
		topology_number(wanted));
	return false;
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
	bool fits;

	fprintf(stream, "%s: boot image for the Armada 3700, %zu bytes\n", request->name,
		boot->size);
	for (unsigned int i = 0; i < boot->num_tims; i++)
		print_tim(boot, i, request, stream);
	topology_read(last, &topology);
	print_memory(&topology, stream);
	print_wtmi(boot, stream);
	print_obmi(boot, stream);
	warn_images(boot, stream);
	warn_packages(last, &topology, stream);
	if (boot->tims[0].trusted)
		fprintf(stream, "note: a trusted image; its signature is not checked here\n");
	fits = check_destination(boot, request, stream);
	fits = check_board(&topology, request, stream) && fits;
	if (boot_image_verify(boot, &reason) != 0) {
		fprintf(stream, "error: %s\n", reason.text);
		return INFO_BROKEN;
	}
	return fits ? INFO_FINE : INFO_FOREIGN;
}
