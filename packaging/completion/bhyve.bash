# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# bash completion for bhyve(8), bhyveload(8) and bhyvectl(8). What there is, the programs say themselves.

# Virtual machines that the caller can see
_bhyve_vms() {
	local path
	for path in /dev/vmm/*; do
		if [[ -e $path ]]; then echo "${path##*/}"; fi
	done
}

# _bhyve_offer CURRENT WORD... - offer those WORDs that start with CURRENT
_bhyve_offer() {
	local current=$1
	shift
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")
}

_bhyve_files() {
	compopt -o filenames 2> /dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# The words --NAME of a program's help, with the = of those that take a value
_bhyve_long_options() {
	"$1" --help 2> /dev/null | grep -oE -- '--[a-z][a-z0-9-]*=?' | sort -u
}

_bhyve_short_options() {
	"$1" --help 2> /dev/null | sed -nE 's/^ +(-[A-Za-z])[ ,].*/\1/p'
}

_bhyvectl() {
	local current=${COMP_WORDS[COMP_CWORD]} before=
	COMPREPLY=()
	if ((COMP_CWORD > 0)); then before=${COMP_WORDS[COMP_CWORD - 1]}; fi
	# "=" is a word of its own on most command lines
	if [[ $current == "=" ]]; then before="=" current=; fi
	if [[ $before == "=" && ${COMP_WORDS[COMP_CWORD - 2]} == --vm ]] || [[ $before == --vm ]]; then
		_bhyve_offer "$current" "$(_bhyve_vms)"
	elif [[ $current == --vm=* ]]; then
		_bhyve_offer "${current#--vm=}" "$(_bhyve_vms)"
	elif [[ $current == -* || -z $current ]]; then
		compopt -o nospace 2> /dev/null
		_bhyve_offer "$current" "$(_bhyve_long_options "$1")"
	fi
}

_bhyve() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	case $before in
	-k | -i | -t) _bhyve_files "$current" ;;
	-s)
		if [[ $current == *,* ]]; then
			_bhyve_offer "$current" "$("$1" -s help 2> /dev/null | sed -nE "s/^(virtio-[a-z]+).*/${current%%,*},\1/p")"
		fi
		;;
	-[acemopU]) ;;
	*)
		if [[ $current == -* ]]; then
			_bhyve_offer "$current" "$(_bhyve_short_options "$1")"
		else
			_bhyve_offer "$current" "$(_bhyve_vms)"
		fi
		;;
	esac
}

complete -F _bhyve bhyve bhyveload
complete -F _bhyvectl bhyvectl
