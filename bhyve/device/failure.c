/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done about a guest that has failed, see failure.h. */
#include "bhyve/device/failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bhyve/config.h"
#include "bhyve/guest_memory.h"
#include "lib/vmmapi/vmmapi.h"

static const struct {
	const char *name;
	uint32_t how;
} actions[] = {
	{ "report", VMM_SUSPEND_NONE },
	{ "halt", VMM_SUSPEND_HALT },
	{ "poweroff", VMM_SUSPEND_POWEROFF },
	{ "reset", VMM_SUSPEND_RESET },
};

int failure_action(const char *key, uint32_t dflt, uint32_t *how, char *err, size_t errlen)
{
	const char *value = config_get(key);

	*how = dflt;
	if (!value)
		return 0;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(value, actions[i].name) != 0)
			continue;
		*how = actions[i].how;
		return 0;
	}
	snprintf(err, errlen, "%s=%s: give report, halt, poweroff or reset", key, value);
	return -EINVAL;
}

/* A machine that ends already ends as it was asked to first. */
void failure_act(uint32_t how)
{
	if (how != VMM_SUSPEND_NONE)
		vm_suspend(guest_vm(), how);
}
