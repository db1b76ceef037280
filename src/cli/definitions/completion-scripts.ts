import { PROGRAM_NAMES } from '../names.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The hidden command that the scripts call. */
export const WORDS = 'completion-words'

const NAMES = PROGRAM_NAMES.join(' ')

/**
 * The scripts contain no commands: they call the program for the candidates, so that an installed
 * script works with every later version. Each line of the output is a word, a tab and a
 * description; `:files` and `:folders` make the shell add paths.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# Completes workos-migrate in bash 3.2 and later.
#   workos-migrate completion bash > ~/.local/share/bash-completion/completions/workos-migrate
# or, in ~/.bashrc:
#   source <(workos-migrate completion bash)
_workos_migrate() {
  local current=\${COMP_WORDS[COMP_CWORD]} run line path
  local -a before
  before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  # bash splits --format=json into three words.
  [[ $current == = ]] && current=
  run=\${BASH_ALIASES[$1]-}
  [[ -n $run ]] || printf -v run %q "$1"
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files | :folders)
        compopt -o filenames 2> /dev/null
        while IFS= read -r path; do COMPREPLY+=("$path"); done < <(
          if [[ $line == :files ]]; then compgen -f -- "$current"; else compgen -d -- "$current"; fi
        )
        ;;
      *)
        line=\${line%%$'\\t'*}
        [[ $line == *: ]] && compopt -o nospace 2> /dev/null
        COMPREPLY+=("$line")
        ;;
    esac
  done < <(eval "$run ${WORDS} -- \\"\\\${before[@]}\\" \\"\\$current\\"" 2> /dev/null)
}
complete -F _workos_migrate ${NAMES}
`,
  zsh: `#compdef ${NAMES}
# Completes workos-migrate in zsh. Install it in a folder of $fpath:
#   workos-migrate completion zsh > ~/.zfunc/_workos-migrate
# or, in ~/.zshrc after compinit:
#   source <(workos-migrate completion zsh)
_workos_migrate() {
  local run=\${aliases[$words[1]]:-\${(q)words[1]}} line word
  local -a typed candidates open
  typed=("\${(@qq)\${(@Q)words[2,CURRENT]}}")
  for line in "\${(@f)$(eval "$run ${WORDS} -- $typed" 2> /dev/null)}"; do
    case $line in
      '') ;;
      :files) _files ;;
      :folders) _files -/ ;;
      *)
        word=\${line%%$'\\t'*}
        if [[ $word == *: ]]; then open+=("$word"); else candidates+=("\${word//:/\\\\:}:\${line#*$'\\t'}"); fi
        ;;
    esac
  done
  (( \${#candidates} )) && _describe -t words workos-migrate candidates
  (( \${#open} )) && compadd -S '' -a open
  return 0
}
if [[ $funcstack[1] == _workos-migrate ]]; then _workos_migrate "$@"; else compdef _workos_migrate ${NAMES}; fi
`,
  fish: `# Completes workos-migrate in fish.
#   workos-migrate completion fish > ~/.config/fish/completions/workos-migrate.fish
function __workos_migrate_words
    set -l before (commandline -opc)
    set -l run $before[1]
    set -e before[1]
    set -l current (commandline -ct)
    for line in ($run ${WORDS} -- $before "$current" 2> /dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$current"
            case ':folders'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
for name in ${NAMES}
    complete -c $name -f -a '(__workos_migrate_words)'
end
`,
}
