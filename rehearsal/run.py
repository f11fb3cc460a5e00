"""A rehearsal as a whole: which phases, in which order, on which control plane.

`rehearse` is the entry. Hubs of one cluster are up at the same time; others one after another,
so that no hub sees another cluster's nodes.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

import psutil

from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from lab.errors import LabError
from lab.install.pins import ENGINE, KUBERNETES, PINS
from lab.paths import run_dir
from lab.progress import Progress
from model.derived.cluster_identity import cluster_key
from model.derived.names import fit
from rehearsal.context import HubUnderTest
from rehearsal.phases import (
    build,
    capacity,
    change,
    destroy,
    fleet,
    launch,
    manifests,
    placement,
    references,
    trouble,
    up,
)
from rehearsal.report import HubReport, Phase, Report, Trouble, judged, skipped

Run = Callable[[HubUnderTest], Phase]
_MODULES = (placement, references, manifests, launch, change, build, capacity, trouble)
PHASES: Mapping[str, Run] = MappingProxyType({m.NAME: m.run for m in _MODULES})
"""Between `up` and `destroy`, in this order."""
_FIRST = (placement.NAME, references.NAME, manifests.NAME)
_LANES = ((launch.NAME, build.NAME, capacity.NAME), (change.NAME,))
"""What shares the time: none changes what one of another lane looks at. The first lane is about
the cluster's pods, one phase after the other; the second only previews. `trouble` has a part that
runs beside them, and one that nothing may run beside: it breaks releases and kills the engine."""


def rehearse(
    files: Sequence[Path],
    *,
    plane: ControlPlane | None = None,
    charts: Path | None = None,
    only: Iterable[str] | None = None,
    keep: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Rehearse the hubs of `files` (a stack file each).

    `plane` is a running control plane to use; without it one is started, and taken away at the
    end unless `keep`. `only`: these phases of `PHASES`, beside `up` and `destroy`.
    Raises LabError when the lab itself does not work, or a stack file has mistakes.
    """
    shown, started = progress or Progress(), time.monotonic()
    wanted = list(PHASES) if only is None else [name for name in PHASES if name in set(only)]
    if plane is not None:
        hubs, setting = _all(files, plane, charts, wanted, keep, shown)
    else:
        with _own_plane(files, shown, keep) as (own, ended):
            own.start()
            hubs, setting = _all(files, own, charts, wanted, keep, shown)
        hubs = [*hubs[:-1], _with(hubs[-1], ended)]
    return Report(hubs=tuple(hubs), setting=setting, seconds=time.monotonic() - started)


def _all(
    files: Sequence[Path],
    plane: ControlPlane,
    charts: Path | None,
    wanted: Sequence[str],
    keep: bool,
    progress: Progress,
) -> tuple[list[HubReport], tuple[str, ...]]:
    sessions = [Session(file, plane, charts=charts, progress=progress) for file in files]
    if len({session.name for session in sessions}) < len(sessions):
        raise LabError("Two of the stack files have one name; a stack can be rehearsed once.")
    keyed = sorted(((cluster_key(s.hub), s) for s in sessions), key=lambda pair: pair[0])
    reports: list[HubReport] = []
    for _, group in groupby(keyed, key=lambda pair: pair[0]):
        reports += _together([session for _, session in group], wanted, keep, progress)
    order = [session.name for session in sessions]
    reports.sort(key=lambda r: order.index(r.hub) if r.hub in order else len(order))
    return reports, _setting(sessions[0])


def _together(
    sessions: Sequence[Session], wanted: Sequence[str], keep: bool, progress: Progress
) -> list[HubReport]:
    """The hubs of one cluster."""
    contexts: list[HubUnderTest] = []
    phases: dict[str, list[Phase]] = {session.name: [] for session in sessions}
    several: list[HubReport] = []
    _forget_nodes(sessions[0], {session.name for session in sessions})
    try:
        for session in sessions:
            with progress.task(f"preparing {session.name}"):
                session.prepare()
            context = HubUnderTest(session=session, kube=session.plane.client(), progress=progress)
            contexts.append(context)
            phases[session.name].append(_timed(context, up.NAME, up.run))
        usable = [c for c in contexts if phases[c.session.name][0].status == "ok"]
        if len(usable) > 1:
            several.append(_fleet(usable))
        for context in contexts:
            kept = phases[context.session.name]
            if context in usable:
                kept += _phases(context, wanted)
            else:
                kept += [skipped(name, "the hub did not come up") for name in wanted]
    finally:
        for context in contexts:
            context.engines.shutdown()
            if not keep:
                phases[context.session.name].append(_timed(context, destroy.NAME, destroy.run))
            context.kube.close()
    reports = [HubReport(hub=name, phases=tuple(found)) for name, found in phases.items()]
    return [*reports, *several]


def _fleet(contexts: list[HubUnderTest]) -> HubReport:
    started = time.monotonic()
    with contexts[0].progress.task("fleet"):
        phase = fleet.run(contexts)
    names = " + ".join(context.session.name for context in contexts)
    return HubReport(hub=names, phases=(phase.took(time.monotonic() - started),))


def _phases(context: HubUnderTest, wanted: Sequence[str]) -> list[Phase]:
    """Run by lanes, reported in order."""
    done: dict[str, Phase] = {}
    ended = threading.Event()

    def lane(names: Iterable[str]) -> None:
        for name in names:
            if name in wanted and not ended.is_set():
                done[name] = _timed(context, name, PHASES[name])

    lane(_FIRST)
    troubles = trouble.NAME in wanted
    with ThreadPoolExecutor(len(_LANES)) as pool:
        lanes: list[Future[None]] = [pool.submit(lane, names) for names in _LANES]
        beside = trouble.begin(context) if troubles else None
        try:
            for one in lanes:
                one.result()
            if beside is not None:
                done[trouble.NAME] = _timed(
                    context, trouble.NAME, lambda c: trouble.run(c, beside), since=beside.started
                )
        except BaseException:
            # What runs in other threads hears nothing of Ctrl-C.
            ended.set()
            context.engines.shutdown(wait=False, cancel_futures=True)
            context.session.interrupt()
            raise
        finally:
            if beside is not None:
                beside.wait()
    return [done[name] for name in wanted]


def _timed(context: HubUnderTest, name: str, run: Run, *, since: float | None = None) -> Phase:
    """`since`: when a part of it was started earlier, of the monotonic clock."""
    started = time.monotonic() if since is None else since
    with context.progress.task(f"{context.session.name}: {name}"):
        try:
            phase = run(context)
        except LabError as error:
            # What a phase cannot do at all is a finding of that phase, not the end of the others.
            first, _, rest = str(error).partition("\n")
            why = rest.strip() or "The phase could not go on."
            finding = Trouble(what=first, where=name, why=why, fix="see the sentence above.")
            phase = judged(name, [finding])
    return phase.took(time.monotonic() - started)


def _forget_nodes(session: Session, kept: Collection[str]) -> None:
    """Nodes of other clusters' hubs must not be found: the next `prepare` takes them away."""
    for file in (session.run.root / "nodes").glob("*.json"):
        if file.stem not in kept:
            file.unlink()


@contextmanager
def _own_plane(
    files: Sequence[Path], progress: Progress, keep: bool
) -> Iterator[tuple[ControlPlane, list[Phase]]]:
    """A control plane of this rehearsal's own; the list gets a phase about its end."""
    names = "-".join(file.name.split(".")[1] if "." in file.name else file.name for file in files)
    run = run_dir(fit(f"rehearsal-{names}".lower(), 40))
    run.root.parent.mkdir(parents=True, exist_ok=True)
    with run.root.with_suffix(".lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(
                f"{names} is being rehearsed by another command (it holds {run.root.name}.lock); "
                "wait until it is done."
            ) from None
        plane, ended = ControlPlane(run, progress=progress), list[Phase]()
        plane.stop()  # What an earlier rehearsal kept, or left when it was killed.
        shutil.rmtree(run.root, ignore_errors=True)
        try:
            yield plane, ended
        finally:
            if keep:
                progress.note(f"kept: export KUBECONFIG={plane.kubeconfig}")
                progress.note(f"to end it: python -m lab stop --name {run.root.name}")
            else:
                ended.append(_end(plane))
                run.root.with_suffix(".lock").unlink(missing_ok=True)


def _end(plane: ControlPlane) -> Phase:
    started = time.monotonic()
    plane.stop()
    left = []
    for process in psutil.process_iter():
        try:
            if any(str(plane.run.root) in word for word in process.cmdline()):
                left.append(f"{process.name()} (pid {process.pid})")
        except psutil.Error:
            continue
    shutil.rmtree(plane.run.root, ignore_errors=True)
    found = [
        Trouble(
            what=f"{one} still runs.",
            where="lab",
            why="It belongs to a control plane that has ended.",
            fix="end it by hand and report this.",
        )
        for one in left
    ]
    phase = judged("lab", found, [] if found else ["ended: no process, no file is left"])
    return phase.took(time.monotonic() - started)


def _with(report: HubReport, phases: Iterable[Phase]) -> HubReport:
    return HubReport(hub=report.hub, phases=(*report.phases, *phases))


def _setting(session: Session) -> tuple[str, ...]:
    """What was real and what stood in."""
    charts = [
        f"{'stand-in' if one.standin else 'given'} chart {one.name} {one.version}"
        for one in session.charts.values()
    ]
    engine = PINS[ENGINE[0]].version
    return (
        f"real: Pulumi engine {engine}, Kubernetes {KUBERNETES} (API server, controllers, "
        f"scheduler), helm {PINS['helm'].version}, JupyterHub and Jupyter server",
        "simulated: nodes and pods (kwok); volumes and load balancers",
        f"plugins: {session.plugins}",
        f"charts: {', '.join(charts) or 'from their repositories'}",
    )
