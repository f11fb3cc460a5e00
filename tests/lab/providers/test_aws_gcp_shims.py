"""The commands on the lab's PATH: they hand out the lab's credential and say what they are."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

SHIMS = Path(__file__).parents[3] / "lab" / "engine" / "shims"
EKS = ("aws", "--region", "us-west-2", "eks", "get-token", "--cluster-name", "climate")


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "admin.crt").write_text("CERT\n")
    (tmp_path / "pki" / "admin.key").write_text("KEY\n")
    return tmp_path


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{SHIMS}{os.pathsep}{os.environ['PATH']}", **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("command", [("gke-gcloud-auth-plugin",), EKS])
def test_the_credential_is_the_labs_in_the_version_asked_for(
    run_dir: Path, command: tuple[str, ...], version: str
) -> None:
    asked = json.dumps({"apiVersion": f"client.authentication.k8s.io/{version}"})
    done = run(*command, LAB_RUN_DIR=str(run_dir), KUBERNETES_EXEC_INFO=asked)
    assert done.returncode == 0 and done.stderr == ""
    document = json.loads(done.stdout)
    assert document["apiVersion"] == f"client.authentication.k8s.io/{version}"
    expected = {"clientCertificateData": "CERT\n", "clientKeyData": "KEY\n"}
    assert document["status"] == expected


@pytest.mark.parametrize("command", ["aws", "gke-gcloud-auth-plugin"])
@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_it_says_that_it_is_a_stand_in(command: str, flag: str) -> None:
    done = run(command, flag)
    assert done.returncode == 0 and "stand-in" in done.stdout.lower()


def test_any_other_aws_command_is_refused(run_dir: Path) -> None:
    done = run("aws", "s3", "ls", LAB_RUN_DIR=str(run_dir))
    assert done.returncode == 2
    assert "stand-in" in done.stderr and "s3 ls" in done.stderr


def test_a_cluster_that_is_not_the_labs_is_refused(run_dir: Path) -> None:
    seed = run_dir / "seed.json"
    seed.write_text(json.dumps({"aws": {"cluster": "other"}}))
    done = run(*EKS, LAB_RUN_DIR=str(run_dir), LAB_CLOUD_SEED=str(seed))
    assert done.returncode == 1 and "other" in done.stderr and done.stdout == ""


def test_outside_the_lab_there_is_no_credential_and_no_traceback() -> None:
    done = run("gke-gcloud-auth-plugin")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "LAB_RUN_DIR" in done.stderr
