"""`hubctl adopt`: import ids, so that `pulumi up` takes over what exists instead of colliding."""

from __future__ import annotations

import argparse

from hubctl.console.errors import Problem
from hubctl.console.output import print_json, print_table, progress
from hubctl.console.subprocesses import Ran, Run
from hubctl.console.subprocesses import run as run_program
from hubctl.live.access import helm_access, kube_access
from hubctl.stackfile import draft, edit, find
from hubctl.stackfile.replace import write
from hubctl.takeover import import_ids
from hubctl.takeover.import_ids import Candidate

EXAMPLES = """examples:
  hubctl adopt ecology                                  asks the cluster what exists
  hubctl adopt ecology --only namespace,releases --write
  hubctl adopt ecology --offline                        every id, without asking
What exists is asked of kubectl, helm, gcloud and aws, where they are there. --write adds the section
`adopt` to the stack file: what was found to exist, or what --only names. What is adopted is
protected, and not deleted by `pulumi destroy`, as long as its entry stands; adopt.releases goes after
the first `pulumi up`. A node pool or release of another name cannot be taken over: it stays beside
the new one until you delete it.
Exit status: 0 told or written, 1 the file has errors or an `adopt` section already, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stack", metavar="STACK|FILE", help="which stack")
    parser.add_argument(
        "--only", metavar="KEYS", help="namespace, nodePool, registry, releases, ..."
    )
    parser.add_argument("--offline", action="store_true", help="do not ask what exists")
    parser.add_argument("--write", action="store_true", help="add them to the stack file")
    parser.add_argument("--json", action="store_true", help="ids and what exists as JSON")


def run(arguments: argparse.Namespace, ask: Run = run_program) -> int:
    """See EXAMPLES for the exit status."""
    path = find.find(arguments.stack)
    _, hub = find.usable(path)
    found = _chosen(
        import_ids.candidates(hub, tuple(kube_access(hub)), tuple(helm_access(hub))), arguments.only
    )
    if arguments.offline:
        states = ["not asked" for _ in found]
    else:
        with progress(quiet=arguments.json) as say:
            states = []
            for candidate in found:
                say(f"asking for {candidate.what}")
                states.append(state(ask(candidate.probe, timeout=30)))
    chosen = [
        c for c, s in zip(found, states, strict=True)
        if s == "exists" or (arguments.only and s != "absent")
    ]  # fmt: skip
    if arguments.write:
        if not chosen:
            raise Problem(
                "nothing was found that exists; give --only with what you know is there, and "
                "--offline when this machine cannot ask."
            )
        text = path.read_text(encoding="utf-8")
        write(path, edit.add_section(text, "adopt", import_ids.section(chosen)))
    if arguments.json:
        print_json(
            [{"key": c.key, "id": c.id, "state": s} for c, s in zip(found, states, strict=True)]
        )
        return 0
    print_table(
        ("adopt", "", "import id"), [(c.key, s, c.id) for c, s in zip(found, states, strict=True)]
    )
    if arguments.write:
        print(
            f"\nwrote `adopt` to {path}; look at `pulumi preview --stack {hub.name}` before you go on."
        )
    else:
        lines = draft.section("adopt", import_ids.section(chosen or found))
        print("\nFor the stack file:\n" + "\n".join(lines))
    return 0


def state(done: Ran) -> str:
    """What a probe found: exists, absent, or unknown with the reason."""
    if done.ok:
        return "exists"
    said = done.err.lower()
    if (
        "notfound" in said
        or "not found" in said
        or "not_found" in said
        or "no cluster found" in said
    ):
        return "absent"
    return "unknown (no such program)" if done.status == 127 else "unknown"


def _chosen(found: list[Candidate], only: str | None) -> list[Candidate]:
    if only is None:
        return found
    wanted = [w.strip() for w in only.split(",") if w.strip()]
    keys = {c.key.split(".")[0] for c in found} | {c.key for c in found}
    unknown = [w for w in wanted if w not in keys]
    if unknown or not wanted:
        raise Problem(f"--only {only}: this hub has {', '.join(sorted(keys))}.", status=2)
    return [c for c in found if c.key in wanted or c.key.split(".")[0] in wanted]
