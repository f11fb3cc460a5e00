"""import: a value that vanishes unsaid changes somebody's hub; a credential written is leaked."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from hubctl.console.errors import Problem
from hubctl.takeover.helm_values import defaults, leftovers
from hubctl.takeover.helm_values.convert import Converted, convert
from hubctl.takeover.helm_values.layers import read
from hubctl.takeover.helm_values.paths import items
from hubctl.takeover.helm_values.read_auth import auth
from hubctl.takeover.helm_values.read_registry import registry
from hubctl.takeover.helm_values.source import Source
from hubctl.takeover.helm_values.specs import readable
from model.derived.registry_access import registry_access
from model.findings import errors
from model.repository_patterns import compile_pattern
from model.secrets import OPERATOR_SECRETS
from model.sections.auth import Auth
from model.sections.registry import Registry
from tests.hubctl.conftest import CHECKOUT, Hubctl
from tests.values import hubs
from tests.values.hubs import EXAMPLES
from values.releases import releases

HERE = Path(__file__).parent / "imports"
CHARTS = Path(os.environ.get("BINDERHUB_CHARTS") or CHECKOUT.parent / "shared" / "charts")
CASES: dict[str, tuple[str, list[str], dict[str, str]]] = {
    "open": ("ecology", ["ui-open.yaml"], {"cluster": "research"}),
    "members": (
        "climate",
        ["ui-members.common.yaml", "ui-members.yaml", "ui-members.sops.yaml"],
        {"cluster": "climate"},
    ),
    "classic": (
        "old",
        ["classic.config.yaml", "classic.secret.yaml"],
        {"cluster": "c", "provider": "gcp", "project": "lab-project-1", "location": "us-central1"},
    ),
}


def converted(case: str, charts: Path | None = None) -> Converted:
    name, files, flags = CASES[case]
    layers = read([HERE / f for f in files])
    return convert(name, layers, flags, defaults.read(charts, list(layers.releases)))


def sections(done: Converted) -> dict[str, Any]:
    document = yaml.safe_load(done.text)
    return {key.removeprefix("binderhub:"): v for key, v in document["config"].items()}


@pytest.mark.parametrize("case", CASES)
def test_the_result_is_sound(case: str) -> None:
    assert errors(converted(case).findings) == []


@pytest.mark.parametrize("case", CASES)
def test_every_value_is_accounted_for_exactly_once(case: str) -> None:
    done = converted(case)
    leaves = sorted(
        ".".join((release, *steps))
        for release, values in done.original.items()
        for steps, _ in items(values)
    )
    heaps = done.heaps
    listed = [heaps.kept, heaps.defaults, heaps.extra, heaps.derived, heaps.secrets]
    assert sorted(leaf.where for heap in listed for leaf in heap) == leaves


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_replaced_renders_as_it_was(case: str) -> None:
    """The promise itself, checked on the new stack's values rather than on the account."""
    done = converted(case)
    told = {leaf.where for leaf in (*done.heaps.derived, *done.heaps.secrets, *done.heaps.defaults)}
    for release, values in done.original.items():
        for steps, value in items(values):
            if ".".join((release, *steps)) in told:
                continue
            below: Any = done.rendered[release]
            for step in steps:
                below = below[step]
            assert leftovers.same(value, below), ".".join((release, *steps))


@pytest.mark.parametrize("case", CASES)
def test_no_credential_is_written_or_printed(hubctl: Hubctl, project: Path, case: str) -> None:
    name, files, flags = CASES[case]
    words = [w for flag, value in flags.items() for w in (f"--{flag}", value)]
    target = project / "stacks" / f"Pulumi.{name}.yaml"
    for more in ([], ["--json"]):
        target.unlink(missing_ok=True)
        result = hubctl(
            "import", *(str(HERE / f) for f in files), "--output", str(target), *words, *more
        )
        assert result.status == 0, result
        for text in (result.out, result.err, target.read_text()):
            assert "not-to-be-seen" not in text
            assert "ENC[" not in text
    assert hubctl("import", str(HERE / files[0]), "--output", str(target), *words).status == 2


NAMES = (
    "MY_PASSPHRASE", "DB_PASS", "dbPwd", "smtpPass", "client_secret", "API-TOKEN", "signingKey",
    "encryption_key", "SHARED_KEY", "JUPYTERHUB_CRYPT_KEY", "SLACK_WEBHOOK_URL", "SENTRY_DSN",
    "bind_dn_password", "password2",
)  # fmt: skip
WRITTEN = (
    "c.X.NAME = 'CREDENTIAL'", 'c.X.NAME = "two words: CREDENTIAL"', 'c.X.NAME = b"CREDENTIAL"',
    'c.X.NAME = """\nCREDENTIAL\n"""', "os.environ['NAME'] = str('CREDENTIAL')",
    'c.CryptKeeper.keys = ["0123", b"CREDENTIAL"]', '{"a": {"NAME": "CREDENTIAL"}}',
    "first: 1\nNAME: CREDENTIAL\n", "- NAME: CREDENTIAL and more", "export NAME=CREDENTIAL\n",
    "conf = 'NAME=\"CREDENTIAL\"'", 'h = "Authorization: Basic CREDENTIAL=="',
    "x = 'https://hooks.slack.com/services/T000/B000/CREDENTIAL'",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_spelling_of_a_credential_gets_through(hubctl: Hubctl, project: Path, name: str) -> None:
    """As text, as a number, and inside programs and files: what one command lets through is in a
    log, and what import writes is in git."""
    values = yaml.safe_load((HERE / "ui-open.yaml").read_text())
    used: list[str] = []

    def new(number: bool = False) -> Any:
        used.append(f"{7310000000 + len(used)}" if number else f"kept{len(used):03}private")
        return int(used[-1]) if number else used[-1]

    hub, binder = values["jupyterhub"]["hub"], values["binderhub-service"]
    for i, number in enumerate((False, True)):
        hub["config"][f"Some{i}Authenticator"] = {name: new(number)}
        hub.setdefault("extraEnv", {})[f"A{i}_{name}"] = new(number)
        binder["config"][f"Thing{i}"] = {name: [new(number)]}
        binder["extraEnv"].append({"name": f"B{i}_{name}", "value": new(number)})
        values["jupyterhub"]["singleuser"]["extraEnv"][f"C{i}_{name}"] = new(number)
    hub["config"]["CryptKeeper"] = {"keys": [[new()]]}  # shapes that nobody expects
    hub["db"] = {"type": "postgres", "password": new(True), "url": [new()]}
    binder["config"]["DockerRegistry"]["password"] = new(True)
    texts = [form.replace("NAME", name).replace("CREDENTIAL", new()) for form in WRITTEN]
    hub["extraConfig"] |= {f"a{i}": text for i, text in enumerate(texts)}
    hub["extraFiles"] = {f"a{i}": {"stringData": text} for i, text in enumerate(texts)}
    binder["config"]["BinderHub"]["about_message"] = texts[0]
    (project / "old.yaml").write_text(yaml.safe_dump(values))
    target = project / "stacks" / "Pulumi.eco.yaml"
    words = ["import", "old.yaml", "--output", str(target), "--cluster", "c"]
    done = [hubctl(*words, "--json")]
    target.unlink()
    done += [hubctl(*words), hubctl("validate", "eco"), hubctl("render", "eco")]
    assert done[0].status == done[1].status == 0, done[1]
    shown = "".join(one.out + one.err for one in done) + target.read_text()
    assert [one for one in used if one in shown] == []
    assert "<hidden>" not in target.read_text(), "a mark would be taken for the value"
    assert yaml.safe_load(target.read_text())["config"]["binderhub:extraValues"]["jupyterhub"][
        "hub"
    ]["extraConfig"] == {"00-ours": 'c.JupyterHub.log_level = "DEBUG"\n'}


@pytest.mark.parametrize("variable", ["REGISTRY_KEY", "GITHUB_TOKEN", "PROXY_TOKEN"])
def test_a_variable_named_like_a_secret_of_the_hub_gets_a_secret_of_its_own(
    hubctl: Hubctl, project: Path, variable: str
) -> None:
    """BH117 refuses the hub's own, and a hub that is refused is not imported at all."""
    values = yaml.safe_load((HERE / "ui-open.yaml").read_text())
    values["jupyterhub"]["singleuser"]["extraEnv"][variable] = f"ghp_{'a' * 36}"
    (project / "old.yaml").write_text(yaml.safe_dump(values))
    target = project / "stacks" / "Pulumi.eco.yaml"
    done = hubctl("import", "old.yaml", "--output", str(target), "--cluster", "c")
    assert done.status == 0, done
    name = yaml.safe_load(target.read_text())["config"]["binderhub:user"]["environment"][variable]
    assert name["secret"].endswith("Value")


def test_an_open_hub_becomes_model_keys() -> None:
    found = sections(converted("open"))
    assert found["auth"] == {"kind": "none"}
    assert found["registry"] == {"kind": "artifact-registry"}, "all of it is derived"
    assert found["nodes"] == {"machineType": "n2-highmem-8"}
    assert found["launch"]["repositories"] == ["github:ecology-lab/*", "github:botany/course"]
    assert found["user"]["memory"] == {"guarantee": "2G", "limit": "4G"}
    assert found["user"]["environment"]["DATA_TOKEN"] == {"secret": "dataToken"}
    assert found["cluster"]["project"] == "lab-project-1"
    extra = found["extraValues"]
    assert extra["jupyterhub"] == {
        "hub": {
            "activeServerLimit": 77,
            "extraConfig": {"00-ours": 'c.JupyterHub.log_level = "DEBUG"\n'},
        }
    }
    names = [e["name"] for e in extra["binderhub-service"]["extraEnv"]]
    assert names[-1] == "MY_SETTING"
    assert "JUPYTERHUB_API_TOKEN" in names, "a list is replaced whole"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_kind_of_login_and_registry_is_recognized(name: str) -> None:
    """In the values that the program itself makes of it."""
    hub, values = hubs.hub(name), {}
    for release in releases(hub, frozenset(OPERATOR_SECRETS)):
        values[release.name] = hubs.with_secrets(release.values, str)
    binder = values.get("binderhub") or values["binderhub-service"]
    jupyterhub = values.get("jupyterhub") or binder["jupyterhub"]
    source = Source(name=hub.name, flavour="binderhub" if "binderhub" in values else "binderhub-service",
                    hub=jupyterhub, binder=binder, umbrella={})  # fmt: skip
    found = TypeAdapter(Auth).validate_python(auth(source))
    images = TypeAdapter(Registry).validate_python(registry(source))
    assert found == hub.auth
    assert type(images) is type(hub.registry)
    assert registry_access(hub.model_copy(update={"registry": images})) == registry_access(hub)


def test_layers_merge_as_helm_merges_them_and_sops_stays_closed() -> None:
    done = converted("members")
    found = sections(done)
    assert found["auth"]["allowedOrganizations"] == ["climate-lab:team"]
    assert found["auth"]["adminUsers"] == ["root"]
    assert found["user"]["memory"] == {"guarantee": "6G", "limit": "8G"}
    assert "secretsFile" not in found, "the program reads flat secrets only"
    assert "ui-members.sops.yaml" in done.text
    assert found["cluster"]["account"] == "123456789012"
    assert found["homepage"]["templates"]["branch"] == "no-homepage-subsections"
    assert found["extraValues"]["jupyterhub"]["scheduling"] == {"userScheduler": {"enabled": True}}
    assert set(done.secrets) == {"oauthClientSecret", "githubToken"}


def test_a_secret_moves_out_of_sops_without_being_shown(hubctl: Hubctl, project: Path) -> None:
    _, files, _ = CASES["members"]
    result = hubctl("import", *(str(HERE / f) for f in files), "--output",
                    "stacks/Pulumi.climate.yaml", "--cluster", "c")  # fmt: skip
    assert "sops decrypt --extract '" in result.out
    assert '["jupyterhub"]["hub"]["config"]["GitHubOAuthenticator"]["client_secret"]' in result.out
    assert "| pulumi config set --secret oauthClientSecret" in result.out


def test_a_sops_file_of_flat_secrets_is_referenced(hubctl: Hubctl, project: Path) -> None:
    secrets = project / "stacks" / "climate.sops.yaml"
    secrets.write_text("oauthClientSecret: ENC[AES256_GCM,data:x]\nsops:\n  version: 3.9.0\n")
    files = [str(HERE / f) for f in CASES["members"][1][:2]]
    result = hubctl("import", *files, str(secrets), "--output", "stacks/Pulumi.climate.yaml",
                    "--cluster", "c")  # fmt: skip
    assert result.status == 0, result
    assert "binderhub:secretsFile: stacks/climate.sops.yaml" in result.out
    assert "pulumi config set --secret oauthClientSecret" not in result.out
    assert hubctl("validate", "climate").status == 0


def test_the_classic_chart_and_its_old_names() -> None:
    done = converted("classic")
    found = sections(done)
    assert found["chart"] == {"kind": "binderhub"}
    assert found["registry"] == {
        "kind": "dockerhub",
        "organization": "my-org",
        "username": "my-user",
        "prefix": "binder-dev",
    }
    assert found["launch"]["quotas"] == {"total": 50}
    assert found["launch"]["banned"] == ["github:evil/*"]
    assert found["launch"]["acceptOpenHub"] is True
    assert "registryPassword" in done.secrets


def test_chart_defaults_disappear_when_the_chart_is_at_hand(tmp_path: Path) -> None:
    folder = tmp_path / "jupyterhub"
    folder.mkdir()
    (folder / "values.yaml").write_text("hub: {activeServerLimit: 77}\n")
    extra = sections(converted("open", tmp_path))["extraValues"]
    assert "activeServerLimit" not in json.dumps(extra)


def test_with_the_real_charts_defaults() -> None:
    if not CHARTS.is_dir():
        pytest.skip(f"no chart defaults at {CHARTS}; set BINDERHUB_CHARTS")
    found = defaults.read(CHARTS, ["jupyterhub", "binderhub-service", "binderhub"])
    assert set(found) == {"jupyterhub", "binderhub-service", "binderhub"}
    for case in CASES:
        assert errors(converted(case, CHARTS).findings) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jupyterhub:\n  ingress: {hosts: [{{ domain }}]}\nbinderhub-service: {}\n", "jinja"),
        ("{% if x %}\na: 1\n{% endif %}\n", "jinja"),
        ('jupyterhub: {a: "{{ x }}"}\nbinderhub-service: {}\n', "jinja"),
        ("hub: {}\nsingleuser: {}\n", "under the key jupyterhub"),
        ("a: 1\n", "not values of a Binder hub"),
        ("- 1\n", "mapping"),
        ("a: [\n", "not YAML"),
        ("jupyterhub: 3\nbinderhub-service: {}\n", "mappings"),
    ],
)
def test_files_that_are_no_values_are_refused_kindly(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "v.yaml"
    path.write_text(text)
    with pytest.raises(Problem) as caught:
        read([path])
    assert said in str(caught.value)
    assert caught.value.status == 2


def test_what_the_values_cannot_tell_is_asked_by_its_flag(hubctl: Hubctl, project: Path) -> None:
    result = hubctl("import", str(HERE / "classic.config.yaml"), "--output", "stacks/Pulumi.x.yaml")
    assert result.status == 1
    assert "--provider" in result.err
    assert not list((project / "stacks").iterdir())


@pytest.mark.parametrize(
    ("expression", "pattern"),
    [
        ("^lab/.*", "github:lab/*"),
        ("lab/", "github:lab/*"),
        ("^lab/repo/.*$", "github:lab/repo"),
        ("^lab/repo\\.x/.*", "github:lab/repo.x"),
        (".*", "github:*"),
        (compile_pattern("github:a/b").regex, "github:a/b"),
        # Admits others that start alike, or nothing at all: not ours to reinterpret.
        ("^lab/repo", None),
        ("^lab/repo$", None),
        ("lab", None),
        ("^(a|b)/.*", None),
        ("^lab/re.*/.*", None),
        ("^lab/repo/main$", None),
    ],
)
def test_only_what_means_one_pattern_is_translated(expression: str, pattern: str | None) -> None:
    assert readable("GitHubRepoProvider", expression) == pattern


def mangle(value: Any, dice: random.Random) -> Any:
    """The same values with some leaves of another kind."""
    odd: list[Callable[[], Any]] = [
        lambda: None, list, dict, lambda: 7, lambda: "x y", lambda: True,
        lambda: [{"a": 1}], lambda: -1.5, lambda: "é" * 300,
    ]  # fmt: skip
    if dice.random() < 0.06:
        return dice.choice(odd)()
    if isinstance(value, dict):
        return {k: mangle(v, dice) for k, v in value.items()}
    return [mangle(v, dice) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(40))
def test_odd_values_end_in_a_file_or_a_sentence_never_in_a_traceback(
    hubctl: Hubctl, project: Path, seed: int
) -> None:
    name, files, flags = CASES[list(CASES)[seed % 3]]
    dice = random.Random(seed)
    paths = []
    for file in files:
        paths.append(project / file)
        paths[-1].write_text(
            yaml.safe_dump(mangle(yaml.safe_load((HERE / file).read_text()), dice))
        )
    words = [w for flag, value in flags.items() for w in (f"--{flag}", value)]
    result = hubctl("import", *map(str, paths), "--output", f"stacks/Pulumi.{name}.yaml", *words)
    assert "internal error" not in result.err, result.err
    assert "not-to-be-seen" not in result.out + result.err
    if result.status == 0:
        checked = hubctl("validate", name, "--json")
        rules = {f["rule"] for s in json.loads(checked.out) for f in s["findings"]
                 if f["severity"] == "error"}  # fmt: skip
        assert rules <= {"BH103"}, "only secrets may be missing"
