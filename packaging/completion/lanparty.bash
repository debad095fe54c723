# bash completion: the options and commands are those that --help shows.
_lanparty() {
	local program=${1##*/} word=$2 before=$3
	case $before in
	--cert | --key | --config | --png | --room-file | --host-key | --rooms | --token-file | --relay-cert | --dev-cert-der-out | --admin) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	--state) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
	--lan | --bridge) mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net)" -- "$word") ;;
	--log-level) mapfile -t COMPREPLY < <(compgen -W "error warning info debug frame" -- "$word") ;;
	--log-format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word") ;;
	--open-rooms | --log-addresses) mapfile -t COMPREPLY < <(compgen -W "yes no" -- "$word") ;;
	--address) mapfile -t COMPREPLY < <(compgen -W "auto dhcp none" -- "$word") ;;
	--sandbox) mapfile -t COMPREPLY < <(compgen -W "deny kill off" -- "$word") ;;
	--user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$("$program" --help 2>/dev/null | sed -nE 's/^  ((--)?[a-z][a-z0-9-]*).*/\1/p')" -- "$word") ;;
	esac
}
complete -F _lanparty lanparty-relay lanparty-gateway lanparty-client
