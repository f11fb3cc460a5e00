"""One sentence and the next command for what the engine says; texts as the real engine, the stand-in
for kubernetes and the official plugin wrote them."""

from __future__ import annotations

import pytest

from lab.engine.error_hints import explain

LOCKED = """error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) \
to end or delete the lock file with `pulumi cancel`.
  file:///b/.pulumi/locks/organization/binderhub/demo/5.json: created by ann@host (pid 19202) at 2026
"""
CHART = """error: property chart value {jupyterhub} has a problem: looks like "https://h/c" is not a \
valid chart repository: dial tcp: connect: connection refused; check the chart's name"""
PENDING = """helm upgrade of release demo/jupyterhub failed: another operation (install/upgrade/rollback) \
is in progress
the release is in state pending-upgrade (revision 3): an earlier run was interrupted. When no other \
run is at work, free it with: helm rollback jupyterhub 2 --namespace demo
"""
ROLLED = """* helm upgrade of release demo/binderhub-service failed: UPGRADE FAILED: release \
binderhub-service failed, and has been rolled back due to atomic being set: cannot patch "x": invalid && y"""

OFFICIAL_ROLLED = """\
    \t* Helm release "demo/binderhub-service" failed to initialize completely. Use Helm CLI to \
investigate: failed to become available within allocated timeout. Error: Helm Release \
demo/binderhub-service: release binderhub-service failed, and has been rolled back due to atomic \
being set: cannot patch "x": invalid && y"""
OFFICIAL_PENDING = "    error: another operation (install/upgrade/rollback) is in progress\n"
OFFICIAL_AWAY = """error: can't update Helm Release with unreachable cluster: unable to load schema \
information from the API server: Get "https://h/openapi/v2": dial tcp: connect: connection refused"""


@pytest.mark.parametrize(
    ("text", "kind", "sentence", "command"),
    [
        ("error: incorrect passphrase", "passphrase", "does not fit", "PULUMI_CONFIG_PASSPHRASE"),
        (LOCKED, "locked", "ann@host (pid 19202)", "pulumi cancel --stack demo"),
        ("error BH103 registryPassword: (not set)", "secret", "registryPassword", "config set"),
        (CHART, "chart", "jupyterhub could not be fetched", "pulumi preview"),
        (PENDING, "pending", "pending-upgrade", "helm rollback jupyterhub 2 --namespace demo"),
        (OFFICIAL_PENDING, "pending", "still counts as being updated", "helm list --pending"),
        (ROLLED, "rolled back", 'before: cannot patch "x": invalid.', "pulumi up"),
        (OFFICIAL_ROLLED, "rolled back", "Release binderhub-service could not", "pulumi up"),
        (OFFICIAL_AWAY, "unreachable", "API", "doctor demo"),
        ("write x.tmp: no space left on device", "disk", "full", "free some room"),
        ("write x.tmp: file too large", "disk", "full", "free some room"),
        (
            "error: failed to load checkpoint: place 1: unexpected end of JSON input",
            "cut off",
            "cut off",
            ".checkpoint.json",
        ),
        ("dial tcp 127.0.0.1:1: connect: connection refused", "unreachable", "API", "doctor demo"),
    ],
)
def test_trouble_ends_in_one_sentence_and_a_command(
    text: str, kind: str, sentence: str, command: str
) -> None:
    advice = explain(text, "demo")
    assert advice is not None
    assert advice.kind == kind
    assert sentence in advice.sentence and "\n" not in advice.sentence
    assert command in advice.command


def test_what_is_not_known_gets_no_advice_at_all() -> None:
    assert explain("error: something else", "demo") is None
