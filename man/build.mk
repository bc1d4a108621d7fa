# SPDX-License-Identifier: BSD-2-Clause
# Manual pages, checked by `make lint`.
ALL_MAN += $(sort $(wildcard man/*.[0-9]))
