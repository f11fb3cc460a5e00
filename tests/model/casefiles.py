"""Stack files under `cases/`, discovered by name: `<rule>.<happy|error|warning>.<case>.yaml`.

The first comment lines say what is expected:
  # expect RULE PATH     a finding of the file's kind (of a fleet: `RULE STACK: PATH`)
  # passes RULE          the rule finds nothing, and there are no errors at all
  # stack: NAME          the stack's name (`case` otherwise)
  # secret NAME: VALUE   the value of a secret, for rules about values of secrets
  # file LINE            a line of the file that `secretsFile` names
Several stacks are documents that start with `--- # NAME`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from model.findings import Finding
from model.rules.fleet import check_fleet
from model.stackfile.read import read_text
from model.stackfile.secret_values import check_secret
from model.stackfile.sops import read_secrets_file
from values.guards.extra_values import check_values

FOLDER = Path(__file__).parent / "cases"
FILES = {p.name.removesuffix(".yaml"): p for p in sorted(FOLDER.glob("*.yaml"))}


@dataclass
class Case:
    rule: str
    kind: str
    expected: set[tuple[str, str]]
    passes: list[str]
    stacks: list[tuple[str, str]]
    secrets: dict[str, str] = field(default_factory=dict)
    filed: str = ""

    def findings(self) -> list[tuple[str, Finding]]:
        """(stack prefix of the path, finding) of everything that validation would say."""
        filed = read_secrets_file("secrets.yaml", self.filed) if self.filed else None
        read = [read_text(name, text, filed) for name, text in self.stacks]
        several = len(read) > 1
        found = [(f"{s.name}: " if several else "", f) for s in read for f in s.findings]
        for stack in read:
            if stack.hub is not None and stack.ok:
                found += [("", f) for f in check_values(stack.hub, stack.secrets_set)]
                for name, value in self.secrets.items():
                    found += [("", f) for f in check_secret(stack.hub, name, value)]
        if several:
            found += [(f"{n}: ", f) for n, fs in check_fleet(read).items() for f in fs]
        return found


def load(name: str) -> Case:
    rule, kind, _ = name.split(".")
    text = FILES[name].read_text()
    stack = re.search(r"^# stack: (.+)$", text, re.MULTILINE)
    parts = re.split(r"^--- # (.+)\n", text, flags=re.MULTILINE)
    single = [(stack[1] if stack else "case", text)]
    return Case(
        rule=rule,
        kind=kind,
        expected={(r, p) for r, p in re.findall(r"^# expect (\S+) (.+)$", text, re.MULTILINE)},
        passes=re.findall(r"^# passes (\S+)$", text, re.MULTILINE),
        stacks=list(zip(parts[1::2], parts[2::2], strict=True)) if len(parts) > 1 else single,
        secrets=dict(re.findall(r"^# secret (\w+): (.*)$", text, re.MULTILINE)),
        filed="\n".join(re.findall(r"^# file (.*)$", text, re.MULTILINE)),
    )
