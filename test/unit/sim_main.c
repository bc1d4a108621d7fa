/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated BootROM as a program, for tests of the whole tool: prints the name of its line, is
 * the board until its standard input ends, and then reports what came.
 *
 * usage: sim-bootrom [--list] [--start NAME] [--other GUESS]... [--boots N] [--crystal HZ] [--save
 * FOLDER]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board/a3700-image/tim.h"
#include "sim_bootrom.h"

static const struct {
	const char *name;
	enum sim_start start;
	const char *prompt;
} starts[] = {
	{ "reset", SIM_RESET, "" },
	{ "prompt", SIM_PROMPT, "" },
	{ "ready", SIM_READY, "" },
	{ "dead", SIM_DEAD, "" },
	{ "boots", SIM_BOOTS, "" },
	{ "misses", SIM_MISSES, "" },
	{ "falls-silent", SIM_FALLS_SILENT, "" },
	{ "uboot", SIM_UBOOT, "=> " },
	{ "vendors-uboot", SIM_UBOOT, "Marvell>> " },
	{ "uboot-stays", SIM_UBOOT_STAYS, "=> " },
};

static int list_guesses(void)
{
	for (int i = 0; i < NUM_GUESSES; i++)
		printf("%s\t%s\n", sim_guesses[i].name, sim_guesses[i].other);
	return 0;
}

static bool set_start(struct sim *sim, const char *name)
{
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (strcmp(name, starts[i].name) == 0) {
			sim->start = starts[i].start;
			sim->prompt = starts[i].prompt;
			return true;
		}
	}
	return false;
}

static bool set_other(struct sim *sim, const char *name)
{
	for (int i = 0; i < NUM_GUESSES; i++) {
		if (strcmp(name, sim_guesses[i].name) == 0) {
			sim->others |= 1u << i;
			return true;
		}
	}
	return false;
}

static bool save(const struct sim *sim, const char *folder)
{
	for (unsigned int i = 0; i < sim->received; i++) {
		char path[300];
		FILE *file;

		snprintf(path, sizeof(path), "%s/image%u", folder, i);
		file = fopen(path, "w");
		if (file == NULL ||
		    fwrite(sim->images[i], 1, sim->sizes[i], file) != sim->sizes[i] ||
		    fclose(file) != 0)
			return false;
	}
	return true;
}

static int be_board(struct sim *sim, const char *folder)
{
	char byte;

	sim_start(sim);
	printf("%s\n", sim->device);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	sim_stop(sim);
	printf("received %u\nresets %d\nfast %d\nhighest %u\nbaud %u\ngarbled %u\ncomplaint %s\n",
	       sim->received, sim->resets, sim->took_fast, sim->highest_baud, sim->baud,
	       sim->garbled, sim->complaint);
	if (folder != NULL && !save(sim, folder))
		return 1;
	sim_free(sim);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "start", required_argument, NULL, 's' },
		{ "other", required_argument, NULL, 'o' },
		{ "boots", required_argument, NULL, 'b' },
		{ "crystal", required_argument, NULL, 'c' },
		{ "save", required_argument, NULL, 'f' },
		{ 0 },
	};
	struct sim sim = { .start = SIM_RESET,
			   .fault_at = -1,
			   .wants = { TIM_ID_TIMH, TIM_ID_WTMI, TIM_ID_OBMI } };
	const char *folder = NULL;
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			return list_guesses();
		case 's':
			good = set_start(&sim, optarg);
			break;
		case 'o':
			good = set_other(&sim, optarg);
			break;
		case 'b':
			sim.boots = atoi(optarg);
			break;
		case 'c':
			sim.crystal = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			folder = optarg;
			break;
		default:
			good = false;
		}
	}
	if (good)
		return be_board(&sim, folder);
	fprintf(stderr, "sim-bootrom: wrong use\n");
	return 2;
}
