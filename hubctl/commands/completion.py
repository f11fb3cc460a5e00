"""`hubctl completion`: the completion script of a shell."""

from __future__ import annotations

import argparse

from hubctl.completion_scripts import SHELLS, script, words

EXAMPLES = """examples:
  source <(hubctl completion bash)                                        in ~/.bashrc
  hubctl completion zsh > "${fpath[1]}/_hubctl"
  hubctl completion fish > ~/.config/fish/completions/hubctl.fish
Completes commands, options and the names of stacks.
Exit status: 0 printed, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.epilog = EXAMPLES
    parser.add_argument("shell", choices=SHELLS, help="which shell")


def run(arguments: argparse.Namespace) -> int:
    """0 and the script."""
    print(script(arguments.shell, words()), end="")
    return 0
