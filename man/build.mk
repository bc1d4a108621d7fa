# SPDX-License-Identifier: BSD-2-Clause
# Manual pages, checked by `make lint`.
ALL_MAN += $(sort $(wildcard man/*.[0-9]))
# Of what `make install` installs; section 1 has the board tools, which run where they are built.
HOST_MAN = $(filter-out %.1,$(ALL_MAN))
