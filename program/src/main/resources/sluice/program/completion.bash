
# Java files are handlers too, and picocli completes either words or files.
function _complete_sluice_handlers() {
  _complete_sluice "$@"
  local curr_word=${COMP_WORDS[COMP_CWORD]}
  local prev_word=${COMP_WORDS[COMP_CWORD-1]}
  if [[ "${COMP_WORDS[1]}" == serve && "${curr_word}" != -* && "${prev_word}" != --* ]]; then
    local IFS=$'\n'
    local files=( $(compgen -f -X '!*.java' -- "${curr_word}") $(compgen -d -- "${curr_word}") )
    if (( ${#files[@]} > 0 )); then
      type compopt &>/dev/null && compopt -o filenames
      COMPREPLY=( "${COMPREPLY[@]}" "${files[@]}" )
    fi
  fi
}
complete -F _complete_sluice_handlers -o default sluice
