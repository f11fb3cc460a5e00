"""Completion scripts, made from the command line's own parsers. Pure but for reading them.

A script knows commands, options and their choices by itself, and looks for stack names in the folder
`stacks`: no Python runs while somebody types.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, kw_only=True)
class Option:
    """`choices` are the only values; empty when it takes none, or any."""

    text: str
    choices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Command:
    """`options` by name; `stacks`: it takes stacks; `choices` are the words that it takes."""

    text: str
    options: dict[str, Option]
    stacks: bool
    choices: tuple[str, ...]


Words = dict[str, Command]


def words() -> Words:
    """Every command with its options."""
    from hubctl.__main__ import COMMANDS, parser

    out: Words = {}
    for name, (_, text) in COMMANDS.items():
        options: dict[str, Option] = {}
        taken: tuple[str, ...] = ()
        stacks = False
        for action in _sub(parser(name), name)._actions:
            choices = tuple(map(str, action.choices or ()))
            said = (action.help or "").replace("%(default)s", str(action.default))
            for option in action.option_strings:
                if option.startswith("--"):
                    options[option] = Option(text=said.split(";")[0], choices=choices)
            if not action.option_strings:
                taken += choices
                stacks |= "STACK" in str(action.metavar)
        out[name] = Command(text=text, options=options, stacks=stacks, choices=taken)
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
    values = options = taken = ""
    for name, command in known.items():
        for option, one in command.options.items():
            if one.choices:
                values += f"    {_quoted(f'{name} {option}')}) words={_listed(one.choices)} ;;\n"
        options += f"    {name}) words={_listed(command.options)} ;;\n"
        if command.choices:
            taken += f"    {name}) words={_listed(command.choices)} ;;\n"
        elif command.stacks:
            taken += f"    {name}) words=$({_STACKS}); compopt -o default ;;\n"
    return f"""\
# bash completion of hubctl
_hubctl() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local command="" words="" word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case "$command $previous" in
{values}  esac
  if [[ -z $words && -z $command ]]; then
    words={_listed([*known, "--help"])}
  elif [[ -z $words && $current == -* ]]; then
    case $command in
{options}    esac
  elif [[ -z $words ]]; then
    case $command in
{taken}    *) compopt -o default ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -F _hubctl hubctl
"""


def _zsh(known: Words) -> str:
    commands = "".join(f"    {_quoted(f'{n}:{c.text}')}\n" for n, c in known.items())
    cases = ""
    for name, command in known.items():
        specs = [
            f"{option}[{_in_brackets(one.text)}]"
            + (f":value:({' '.join(one.choices)})" if one.choices else "")
            for option, one in command.options.items()
        ]
        if command.choices:
            specs += [f"1:what:({' '.join(command.choices)})", "*:file:_files"]
        else:
            specs.append("*:stack:_hubctl_stacks" if command.stacks else "*:file:_files")
        cases += f"    {name}) _arguments {' '.join(map(_quoted, specs))} ;;\n"
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
    for name, command in known.items():
        said = _quoted(command.text)
        out.append(f"complete -c hubctl -f -n __fish_use_subcommand -a {name} -d {said}")
        seen = f"complete -c hubctl -n '__fish_seen_subcommand_from {name}'"
        if command.choices:
            out.append(f"{seen} -f -a {_listed(command.choices)}")
        elif command.stacks:
            out.append(f"{seen} -a '(__hubctl_stacks)'")
        for option, one in command.options.items():
            values = f" -x -a {_listed(one.choices)}" if one.choices else ""
            out.append(f"{seen} -l {option[2:]} -d {_quoted(one.text)}{values}")
    return "\n".join(out) + "\n"


def _in_brackets(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _listed(words: Iterable[str]) -> str:
    return _quoted(" ".join(words))


def _quoted(text: str) -> str:
    """In single quotes, as all three shells read them."""
    return "'" + text.replace("'", "'\\''") + "'"
