"""`hubctl completion`: the completion script of a shell, made by shtab from the command line.

The script knows commands, options and choices by itself and looks for stack names in the folder
`stacks`, so that no Python runs while somebody types.
"""

from __future__ import annotations

import argparse

from hubctl.__main__ import COMMANDS, parser

EXAMPLES = """examples:
  source <(hubctl completion bash)                                        in ~/.bashrc
  hubctl completion zsh > "${fpath[1]}/_hubctl"
  hubctl completion fish > ~/.config/fish/completions/hubctl.fish
Completes commands, options, files and the names of stacks.
Exit status: 0 printed, 2 misuse.
"""
SHELLS = ("bash", "zsh", "fish")

_BASH = """\
_hubctl_stack_files() {
  local file names=()
  for file in stacks/Pulumi.*.yaml; do
    [ -e "$file" ] && file=${file#stacks/Pulumi.} && names+=("${file%.yaml}")
  done
  compgen -W "${names[*]}" -- "$1"
  compgen -f -- "$1"
}"""
_ZSH = """\
_hubctl_stack_files() {
  local names=(stacks/Pulumi.*.yaml(N:t:r:s/Pulumi.//))
  _alternative "stacks:stack:($names)" 'files:file:_files'
}"""
_FISH = """\
function _hubctl_stack_files
  for file in stacks/Pulumi.*.yaml
    string replace -r '^stacks/Pulumi\\.(.*)\\.yaml$' '$1' $file
  end
  __fish_complete_path (commandline -ct)
end"""
STACKS = {
    "bash": "_hubctl_stack_files",
    "zsh": "_hubctl_stack_files",
    "fish": "(_hubctl_stack_files)",
    "preamble": {"bash": _BASH, "zsh": _ZSH, "fish": _FISH},
}
"""What completes a stack, as shtab wants it: a function of each shell, and its definition."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("shell", choices=SHELLS, help="which shell")


def run(arguments: argparse.Namespace) -> int:
    """0 and the script."""
    import shtab

    known = {"STACK": STACKS, "STACK|FILE": STACKS, "DIR": shtab.DIRECTORY}
    known |= dict.fromkeys(("FILE", "STACKFILE"), shtab.FILE)
    # zsh completes no option beside an argument for which it only has a message.
    known |= {metavar: {"zsh": "()"} for metavar in ("NAME", "SECRET")}
    top = parser(*COMMANDS)
    for name in COMMANDS:
        for action in subparser(top, name)._actions:
            if completer := known.get(str(action.metavar)):
                action.complete = completer  # type: ignore[attr-defined]
    print(shtab.complete(top, shell=arguments.shell))
    return 0


def subparser(top: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    """The parser of one command. argparse has no public way to it."""
    commands = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
    found: argparse.ArgumentParser = commands.choices[name]
    return found
