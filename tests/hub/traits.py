"""Asks the installed classes whether each trait that the values set exists."""

from __future__ import annotations

import json
import subprocess

from lab.install.jupyterhub_env import HubEnv
from tests.hub.kinds import KINDS, jupyterhub_section

_PROGRAM = """
import json, sys
from importlib.metadata import entry_points
from jupyterhub.app import JupyterHub
from jupyterhub.crypto import CryptKeeper
from traitlets.config import Config

problems = []
for kind, told in json.load(sys.stdin).items():
    c = Config()
    exec(told["spawner"], {"c": c})
    wanted = told["config"]["JupyterHub"]["authenticator_class"]
    entry, = entry_points(group="jupyterhub.authenticators", name=wanted)
    known = {}
    for cls in (JupyterHub, CryptKeeper, c.JupyterHub.spawner_class, entry.load()):
        for parent in cls.__mro__:
            known.setdefault(parent.__name__, set()).update(
                cls.class_traits(config=True) if hasattr(cls, "class_traits") else ()
            )
    for name, traits in told["config"].items():
        if name not in known:
            problems.append(f"{kind}: {name} is not a class of this hub")
        problems += [f"{kind}: {name}.{t}" for t in traits if t not in known.get(name, {t})]
print(json.dumps(problems))
"""


def checked(env: HubEnv, extra: dict[str, dict[str, object]] | None = None) -> list[str]:
    """Classes and traits of any kind that do not exist; `extra` sections are added to each."""
    told = {}
    for kind in KINDS:
        hub = jupyterhub_section(kind)["hub"]
        config = {section: sorted(traits) for section, traits in hub["config"].items()}
        config["JupyterHub"] = hub["config"]["JupyterHub"]
        for section, traits in (extra or {}).items():
            config[section] = sorted(traits)
        told[kind] = {"config": config, "spawner": hub["extraConfig"]["10-binder-spawner"]}
    answer = subprocess.run(
        [env.python, "-c", _PROGRAM],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        env=env.environment(),
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    problems: list[str] = json.loads(answer.stdout)
    return problems
