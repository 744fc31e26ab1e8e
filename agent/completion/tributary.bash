# bash completion for tributary(1). Commands, options and words come from the program's own help, so that they are those of the
# program that is installed.

_tributary_help() {
    "${COMP_WORDS[0]}" "$@" --help 2>/dev/null
}

# What the usage line of a command offers besides options: show, reset, start …
_tributary_words() {
    _tributary_help "$1" | sed -n '1s/^Usage: [^ ]* [a-z]*//p' | sed 's/\[*--[a-z-]* *[A-Za-z|]*\]*//g' |
        grep -oE '\b[a-z]+\b'
}

_tributary_configurations() {
    compgen -f -X '!*.yaml' -- "$1"
    compgen -d -S / -- "$1"
    [[ $1 ]] || compgen -G '/etc/tributary/*.yaml'
}

_tributary() {
    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}

    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --help 2>/dev/null |
            sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p') --help --version" -- "$cur")
        return
    fi
    case $before in
    --format) mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$cur") && return ;;
    --model) mapfile -t COMPREPLY < <(_tributary_configurations "$cur") && return ;;
    --redis | --from | --prefix | --table | --limit | --since | --customer) return ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_tributary_help "$command" | grep -oE -- '--[a-z][a-z-]*' | sort -u) --help" -- "$cur")
        return
    fi
    case $command in
    schema | tail | divergences)
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" schema 2>/dev/null | grep -oE '^[a-z_]+' | sort -u)" -- "$cur")
        ;;
    *)
        if ((COMP_CWORD == 2)); then
            mapfile -t COMPREPLY < <(_tributary_configurations "$cur")
        else
            mapfile -t COMPREPLY < <(compgen -W "$(_tributary_words "$command")" -- "$cur")
        fi
        ;;
    esac
}

complete -o filenames -F _tributary tributary
