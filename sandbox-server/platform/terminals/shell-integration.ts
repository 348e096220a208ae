/**
 * What makes bash tell where its prompts, commands and results are (OSC 133 as FinalTerm defined it, and VS Code's
 * 633;E for the command line), so that a check can ask what a command printed and a solution can be typed.
 *
 *   133;A prompt begins · 133;B prompt ends, typing begins · 633;E;<line> and 133;C it runs · 133;D;<status> it ended
 *
 * PS0 is expanded after a line was read and before it runs; `history 1` is that line, whole.
 */
export const BASHRC = String.raw`# Set up by Meshdojo; your own additions belong into ~/.bashrc.
until [ -e "$HOME/.toolbox-ready" ]; do sleep 0.02; done
cd "$HOME"
HISTCONTROL=
HISTFILE="$HOME/.bash_history"
HISTSIZE=5000
shopt -s checkwinsize histappend cmdhist lithist
alias ls='ls --color=auto' grep='grep --color=auto' ll='ls -l'

__meshdojo_before() {
  local line code
  line=$(HISTTIMEFORMAT= builtin history 1)
  [[ $line =~ ^[[:space:]]*[0-9]+[*[:space:]][[:space:]](.*)$ ]] && line=${'$'}{BASH_REMATCH[1]}
  line=${'$'}{line//\\/\\\\}
  line=${'$'}{line//;/\\x3b}
  line=${'$'}{line//$'\n'/\\x0a}
  line=${'$'}{line//$'\r'/\\x0d}
  line=${'$'}{line//$'\e'/\\x1b}
  line=${'$'}{line//$'\a'/\\x07}
  printf '\e]633;E;%s\a\e]133;C\a' "$line"
}
__meshdojo_after() {
  local status=$?
  printf '\e]133;D;%s\a\e]133;A\a' "$status"
  builtin history -a
  return "$status"
}
PROMPT_COMMAND=__meshdojo_after
PS0='$(__meshdojo_before)'
PS1='\[\e[1;32m\]learner\[\e[0m\]@toolbox \[\e[1;34m\]\w\[\e[0m\] $ \[\e]133;B\a\]'
PS2='> '

if type -t kubectl >/dev/null && [ -r "$HOME/.meshdojo/kubectl-completion" ]; then . "$HOME/.meshdojo/kubectl-completion"; fi
if [ -r "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi
`
