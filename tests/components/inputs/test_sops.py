"""`secretsFile` with the real sops and an age key."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.inputs.secrets import decrypt
from lab.install.tools import ensure
from model.stackfile.sops import read_secrets_file
from tests.components.program import is_secret, run
from tests.examples import path_of

pytestmark = pytest.mark.lab

# Made for this test and used nowhere else.
RECIPIENT = "age1qygrjvqteqmpzpkcrkqvsu0c5gqsymapha2qjhkwmpeu2nj0gclq7wez3l"
IDENTITY = "AGE-SECRET-KEY-1YZAPL2D0WJ7KA39JF7QY83J9X2GG0CY5S9GLUA7G4QYSFSC0ZDUSCMAHDQ"
VALUE = "the-client-secret-of-climate"


def unmarked_only(value: Any) -> Any:
    """What stands outside the engine's marks of secrets."""
    if is_secret(value):
        return None
    if isinstance(value, dict):
        return {k: unmarked_only(v) for k, v in value.items()}
    return [unmarked_only(v) for v in value] if isinstance(value, list) else value


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an encrypted file, sops on PATH, and the key at hand."""
    sops = ensure(["sops"])["sops"]
    key = tmp_path / "key.txt"
    key.write_text(IDENTITY + "\n")
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(key))
    monkeypatch.setenv("PATH", f"{sops.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    plain = tmp_path / "plain.yaml"
    plain.write_text(f"oauthClientSecret: {VALUE}\n")
    encrypted = subprocess.run(
        [str(sops), "--encrypt", "--age", RECIPIENT, str(plain)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    plain.unlink()
    (tmp_path / "secrets.yaml").write_text(encrypted)
    return tmp_path


def test_names_are_known_without_the_key_and_values_are_not(project: Path) -> None:
    text = (project / "secrets.yaml").read_text()
    assert VALUE not in text
    found = read_secrets_file("secrets.yaml", text)
    assert found.names == {"oauthClientSecret"} and not found.findings


def test_the_secret_reaches_its_release_as_a_secret_and_no_disk(project: Path) -> None:
    document = yaml.safe_load(path_of("climate").read_text())
    del document["config"]["binderhub:oauthClientSecret"]
    document["config"]["binderhub:secretsFile"] = "secrets.yaml"
    recorded = run("climate", yaml.safe_dump(document))
    release = recorded.one("climate-releases-jupyterhub")
    section = release.plain["values"]["hub"]["config"]["GitHubOAuthenticator"]
    assert section["client_secret"] == VALUE
    assert VALUE not in json.dumps(unmarked_only(release.inputs)), "it must be marked as a secret"
    for path in project.rglob("*"):
        assert not path.is_file() or VALUE not in path.read_text()


def test_without_the_key_there_is_one_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "key.txt").unlink()
    with pytest.raises(pulumi.RunError, match=r"sops cannot decrypt 'secrets.yaml'.*SOPS_AGE_KEY"):
        decrypt("secrets.yaml")


def test_without_sops_the_way_out_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(pulumi.RunError, match="needs sops"):
        decrypt("secrets.yaml")
