"""Completion scripts, made from the command line's own parsers. Pure but for reading them.

A script knows commands and options by itself, and looks for stack names in the folder `stacks`: no
Python runs while somebody types.
"""

from __future__ import annotations

import argparse

SHELLS = ("bash", "zsh", "fish")
Words = dict[str, tuple[str, dict[str, tuple[str, tuple[str, ...]]]]]
"""Command -> (its help, option -> (its help, its choices))."""


def words() -> Words:
    """Every command with its options."""
    from hubctl.__main__ import COMMANDS, parser

    out: Words = {}
    for name, (_, text) in COMMANDS.items():
        options: dict[str, tuple[str, tuple[str, ...]]] = {}
        for action in _sub(parser(name), name)._actions:
            choices = tuple(map(str, action.choices or ()))
            for option in action.option_strings:
                if option.startswith("--"):
                    said = (action.help or "").replace("%(default)s", str(action.default))
                    options[option] = (said.split(";")[0], choices)
        out[name] = (text, options)
    return out


def _sub(top: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            found: argparse.ArgumentParser = action.choices[name]
            return found
    raise AssertionError("the command line has commands")


def script(shell: str, known: Words) -> str:
    """The script of one shell."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](known)


_STACKS = 'for f in stacks/Pulumi.*.yaml; do [ -e "$f" ] && f=${f#stacks/Pulumi.} && echo "${f%.yaml}"; done'


def _bash(known: Words) -> str:
    cases = "".join(
        f"    {name}) options={_quoted(' '.join(options))} ;;\n"
        for name, (_, options) in known.items()
    )
    return f"""\
# bash completion of hubctl
_hubctl() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} command="" options="" word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case $command in
    "") options={_quoted(" ".join([*known, "--help"]))} ;;
{cases}  esac
  if [[ $current != -* && -n $command ]]; then
    options=$({_STACKS})
    compopt -o default
  fi
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}}
complete -F _hubctl hubctl
"""


def _zsh(known: Words) -> str:
    commands = "".join(f"    {_quoted(f'{n}:{text}')}\n" for n, (text, _) in known.items())
    cases = ""
    for name, (_, options) in known.items():
        specs = " ".join(
            _quoted(
                f"{option}[{_plain(text)}]" + (f":value:({' '.join(choices)})" if choices else "")
            )
            for option, (text, choices) in options.items()
        )
        cases += f"    {name}) _arguments {specs} '*:stack:_hubctl_stacks' ;;\n"
    return f"""\
#compdef hubctl
_hubctl_stacks() {{
  local -a names
  names=(${{(f)"$({_STACKS.replace("; do [", "(N); do [")})"}})
  _alternative "stacks:stack:($names)" 'files:file:_files'
}}
_hubctl() {{
  local -a commands
  commands=(
{commands}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{cases}  esac
}}
if [ "$funcstack[1]" = "_hubctl" ]; then _hubctl "$@"; else compdef _hubctl hubctl; fi
"""


def _fish(known: Words) -> str:
    out = [
        "# fish completion of hubctl",
        "function __hubctl_stacks",
        "    for f in stacks/Pulumi.*.yaml",
        "        string replace -r '^stacks/Pulumi\\.(.*)\\.yaml$' '$1' $f",
        "    end",
        "end",
    ]
    for name, (text, options) in known.items():
        out.append(
            f"complete -c hubctl -f -n __fish_use_subcommand -a {name} -d {_quoted(_plain(text))}"
        )
        seen = f"-n '__fish_seen_subcommand_from {name}'"
        out.append(f"complete -c hubctl {seen} -a '(__hubctl_stacks)'")
        for option, (said, choices) in options.items():
            values = f" -x -a {_quoted(' '.join(choices))}" if choices else ""
            out.append(
                f"complete -c hubctl {seen} -l {option[2:]} -d {_quoted(_plain(said))}{values}"
            )
    return "\n".join(out) + "\n"


def _plain(text: str) -> str:
    return "".join(c for c in text if c not in "[]:'\"\\`$")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
