"""The environment in which the engine runs, with everything that it starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.engine import stack_init
from lab.engine.install_dir import own_plugins_only
from lab.engine.locks import SEED_VARIABLE
from lab.paths import RunDir
from lab.processes import bare_environment
from lab.providers.aws.server_process import ENDPOINT

_SHIMS = Path(__file__).parent / "shims"


def of_engine(
    run: RunDir, tools: Mapping[str, Path], *, seed_file: Path, aws: str | None
) -> dict[str, str]:
    """The lab's tools, shims and stand-ins, and nothing of the user's. `aws` is the address of the
    stack's AWS server."""
    folders = [Path(sys.prefix) / "bin", *{p.parent for p in tools.values()}, _SHIMS]
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
    return {
        **bare_environment(),
        "PATH": path,
        "PULUMI_HOME": str(run.pulumi),
        "PULUMI_BACKEND_URL": run.backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(stack_init.passphrase(run)),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        **own_plugins_only(tools),
        "KUBECONFIG": str(run.kubeconfig),
        "PULUMI_PYTHON_CMD": str(_SHIMS / "python-of-the-engine"),
        "LAB_PYTHON": str(Path(sys.prefix) / "bin" / "python3"),
        "LAB_HELM": str(tools["helm"]),
        SEED_VARIABLE: str(seed_file),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAB_RUN_DIR": str(run.root),
        **({ENDPOINT: aws} if aws else {}),
    }
