"""GitLab's child pipelines: production before staging, or a hub of somebody's own, must not go."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from hubctl.commands.pipeline import DRIFT, TEMPLATE, pipeline
from hubctl.review.affected import Known, Touch, everything

CHECKOUT = Path(__file__).resolve().parents[2]
STACKS = everything(
    [
        Known(
            name=name,
            file=f"stacks/Pulumi.{name}.yaml",
            stage=stage,
            logins=frozenset(clouds),
        )
        for name, stage, clouds in (
            ("a", "production", {"gcp", "aws"}),
            ("b", "staging", {"aws"}),
            ("mine", "development", {"gcp"}),
        )
    ]
)


def hidden() -> dict[str, Any]:
    return dict(yaml.safe_load((CHECKOUT / TEMPLATE).read_text()))


@pytest.mark.parametrize("what", ["preview", "up", "drift"])
@pytest.mark.parametrize("touch", [STACKS, Touch()], ids=["some", "none"])
def test_gitlab_would_take_it(what: Literal["preview", "up", "drift"], touch: Touch) -> None:
    made = pipeline(what, touch)
    jobs = {k: v for k, v in made.items() if k not in ("stages", "include")}
    assert jobs, "a pipeline without a job is an error"
    for job in jobs.values():
        assert job["stage"] in made["stages"]
        assert "script" in job or job["extends"] in hidden()


def test_staging_goes_first_and_development_stays() -> None:
    made = pipeline("up", STACKS)
    assert made["stages"] == ["staging", "production"]
    assert made["up a"]["stage"] == "production"
    assert made["up b"]["stage"] == "staging"
    assert "up mine" not in made
    assert "preview mine" not in pipeline("preview", STACKS)
    assert made["up a"]["variables"]["CLOUDS"] == "aws gcp"
    assert hidden()[".up"]["resource_group"] == "hub-$STACK"
    assert hidden()[".up"]["interruptible"] is False


def test_the_report_looks_for_the_jobs_that_there_are() -> None:
    made = pipeline("drift", STACKS)
    assert f"{DRIFT}a" in made
    assert f"--jobs '{DRIFT}'" in hidden()[".drift-report"]["script"][0]
    assert made["stages"].index(made["report"]["stage"]) > made["stages"].index("drift")
