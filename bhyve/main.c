// SPDX-License-Identifier: BSD-2-Clause
/*
 * bhyve: runs a virtual machine, bhyve(8).
 *
 * The main thread sets everything up and then is the I/O loop (mevent.h); each vCPU has a thread
 * (vcpu.h).
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bhyve/backend/net.h"
#include "bhyve/backend/unix_socket.h"
#include "bhyve/check.h"
#include "bhyve/config.h"
#include "bhyve/control.h"
#include "bhyve/device.h"
#include "bhyve/janitor.h"
#include "bhyve/machine.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "bhyve/options.h"
#include "bhyve/report.h"
#include "bhyve/sandbox.h"
#include "bhyve/vcpu.h"
#include "lib/loader/load.h"
#include "lib/loader/setup.h"
#include "lib/version.h"

/* Exit status, as bhyve(8) has it. */
enum {
	STATUS_RESET = 0,
	STATUS_POWEROFF = 1,
	STATUS_HALT = 2,
	STATUS_ERROR = 4,
	STATUS_STOPPED = 5,
};

/* mevent_stop()'s argument when a signal came. */
#define STOPPED_BY_SIGNAL 1

static char error_text[LOADER_ERROR_MAX];

/* Whether this run of the guest was asked to end. */
static bool power_pressed;

/* Whether the host had no memory left for the guest. */
static bool out_of_memory;

static int failed(void)
{
	report("%s", error_text);
	return STATUS_ERROR;
}

/* Reads the command line and checks everything. The exit status, or -1 to go on. */
static int configure(int argc, char **argv)
{
	bool dump = false;

	switch (options_parse(argc, argv, error_text, sizeof(error_text))) {
	case OPTIONS_HELP:
		fputs(options_usage, stdout);
		return 0;
	case OPTIONS_VERSION:
		puts("bhyve " BHYVE_VERSION);
		return 0;
	case OPTIONS_DEVICES:
		check_list_devices(stdout);
		return 0;
	case OPTIONS_ERROR:
		return failed();
	case OPTIONS_RUN:
		break;
	}
	report_name(config_get("name"));
	if (config_expand(error_text, sizeof(error_text)) ||
	    check_config(error_text, sizeof(error_text)))
		return failed();
	report_name(config_get("name"));
	config_bool("config.dump", false, &dump);
	if (!dump)
		return -1;
	config_dump(stdout);
	return 0;
}

/* SIGTERM presses the power button of a guest that listens, once; all else stops it. */
static void on_signal(int fd, unsigned revents, void *arg)
{
	struct signalfd_siginfo info;

	(void)revents;
	(void)arg;
	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM && !power_pressed &&
	    (ged_press_power() || pl061_press_power()))
		power_pressed = true;
	else
		mevent_stop(STOPPED_BY_SIGNAL);
}

/* SIGTERM, SIGINT and SIGHUP come as an event; a peer that is gone is an error of write() alone. */
static int watch_signals(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	return mevent_add_fd(fd, POLLIN, on_signal, NULL);
}

/* Runs the guest until it ends. The exit status. */
static int run_once(struct machine *machine)
{
	int stopped = 0;

	power_pressed = false;
	if (machine_start(machine, error_text, sizeof(error_text)) ||
	    vcpus_start(machine->vm, machine->topology.cpus, machine->record.aarch32, error_text,
			sizeof(error_text)))
		return failed();
	while (vcpus_live() && !stopped)
		stopped = mevent_run();
	if (stopped)
		vcpus_stop();
	switch (vcpus_join()) {
	case RUN_RESET:
		return stopped ? STATUS_STOPPED : STATUS_RESET;
	case RUN_POWEROFF:
		return STATUS_POWEROFF;
	case RUN_NO_MEMORY:
		out_of_memory = true;
		return STATUS_ERROR;
	case RUN_ERROR:
		return STATUS_ERROR;
	default:
		return stopped ? STATUS_STOPPED : STATUS_HALT;
	}
}

/* Somebody has ended the machine after the guest had reset it. */
static int ended_meanwhile(const struct machine *machine)
{
	struct vmm_info info;

	if (vm_get_info(machine->vm, &info) || info.suspend_how != VMM_SUSPEND_POWEROFF)
		return STATUS_HALT;
	return STATUS_POWEROFF;
}

/* Runs the guest, again after each reset where that is wanted. */
static int run(struct machine *machine)
{
	bool monitor = false;
	int status, error;

	config_bool("monitor", false, &monitor);
	for (;;) {
		status = run_once(machine);
		if (status != STATUS_RESET || !monitor)
			return status;
		devices_reset_all();
		error = machine_reload(machine, VMM_SUSPEND_RESET, error_text, sizeof(error_text));
		if (error == -ECANCELED)
			return ended_meanwhile(machine);
		if (error)
			return failed();
	}
}

/* Whether the VM is to go; one that the host has no memory for gives back what it has. */
static bool wants_destroy(const struct machine *machine, int status)
{
	bool monitor = false, on_poweroff = false;

	config_bool("monitor", false, &monitor);
	config_bool("destroy_on_poweroff", false, &on_poweroff);
	return monitor || (on_poweroff && status == STATUS_POWEROFF) ||
	       (out_of_memory && machine->bound);
}

/* What the sandbox takes away and the end or a reboot needs: the janitor and open files. */
static int prepare_sandbox(const struct machine *machine)
{
	bool monitor = false;
	int error = unix_listeners_each(janitor_note_file);

	config_bool("monitor", false, &monitor);
	if (!error)
		error = janitor_note_folder(control_directory());
	if (!error)
		error = janitor_seal();
	if (error)
		snprintf(error_text, sizeof(error_text),
			 "the sandbox cannot be prepared: %s; -o sandbox=off runs without",
			 strerror(-error));
	if (!error && monitor)
		error = setup_keep_files(&machine->record, error_text, sizeof(error_text));
	return error;
}

static int enter_sandbox(const struct machine *machine)
{
	struct sandbox_options options = {
		.user = config_get("user"),
		.network = net_makes_connections(),
	};
	int error = prepare_sandbox(machine);

	config_bool("memory.guest_in_core", false, &options.core);
	return error ? error : sandbox_enter(&options, error_text, sizeof(error_text));
}

static bool wants_sandbox(void)
{
	bool sandbox = true;

	config_bool("sandbox", true, &sandbox);
	return sandbox;
}

/* *never_ran: the sandbox could not be entered. */
static int run_with_devices(struct machine *machine, bool *never_ran)
{
	int status;

	if (!wants_sandbox())
		report("note: without a sandbox (sandbox=off), a guest that takes over this "
		       "process has its rights");
	*never_ran = wants_sandbox() && enter_sandbox(machine);
	status = *never_ran ? failed() : run(machine);
	devices_destroy_all();
	return status;
}

/* Removes the sockets, and the VM if that is wanted. */
static int clean_up(bool destroy)
{
	int error;

	control_close();
	if (janitor_ready()) {
		error = janitor_finish(destroy);
		return destroy ? error : 0;
	}
	return destroy ? vm_destroy(config_get("name")) : 0;
}

static int run_machine(void)
{
	static struct machine machine;
	bool never_ran;
	int status, error;

	error = wants_sandbox() ? janitor_start(config_get("name")) : 0;
	if (error) {
		report("the sandbox cannot be prepared: %s; -o sandbox=off runs without",
		       strerror(-error));
		return STATUS_ERROR;
	}
	if (machine_open(&machine, error_text, sizeof(error_text)))
		return failed();
	control_open(config_get("name"));
	if (devices_create_all(machine_has_flash(&machine), error_text, sizeof(error_text))) {
		control_close();
		machine_close(&machine, true);
		return failed();
	}
	status = run_with_devices(&machine, &never_ran);
	machine_close(&machine, false);
	error = clean_up(never_ran ? machine.created : wants_destroy(&machine, status));
	if (error && error != -ENXIO) {
		vm_explain(VM_OP_DESTROY, config_get("name"), error, error_text,
			   sizeof(error_text));
		return failed();
	}
	return status;
}

int main(int argc, char **argv)
{
	int status = configure(argc, argv), error;

	if (status < 0) {
		error = mevent_init();
		if (!error)
			error = watch_signals();
		if (error) {
			report("the I/O loop cannot be started: %s", strerror(-error));
			status = STATUS_ERROR;
		} else {
			status = run_machine();
		}
		mevent_fini();
	}
	mmio_clear();
	config_clear();
	return status;
}
