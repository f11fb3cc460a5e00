"""Second install method: the publisher's own release file, accepted only with the published checksum.

`$LAB_DOWNLOAD_BASE` names a mirror (an http(s) address, or a folder) that holds the same files
under `<host>/<path>`, for networks that cannot reach the publishers, and for tests.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import requests
from requests_file import FileAdapter

from lab.errors import LabError
from lab.install.pins import Download

CONNECT_SECONDS = 4.0  # Long enough for a slow network; an offline machine must move on quickly.
READ_SECONDS = 30.0
_CHUNK = 1 << 20

_ARCHS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class DownloadFailed(Exception):
    """The binary cannot be downloaded; the message says why in half a sentence."""


def system() -> tuple[str, str]:
    """This machine as (os, arch) in Go's spelling."""
    return sys.platform.split("-")[0], _ARCHS.get(platform.machine().lower(), platform.machine())


class Downloader:
    """Fetches release files into `scratch`; each host is tried once, each file fetched once."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._unreachable: dict[str, str] = {}
        self._files: dict[str, Path] = {}
        self._session = requests.Session()
        self._session.mount("file://", FileAdapter())

    def close(self) -> None:
        self._session.close()

    def unreachable(self, download: Download) -> str | None:
        """Why the file's host could not be reached a moment ago, or None."""
        return self._unreachable.get(urlsplit(download.checksum).netloc)

    def install(self, download: Download, files: tuple[str, ...], into: Path) -> None:
        """Puts verified, executable `files` into the folder `into`, or raises DownloadFailed."""
        os_name, arch = system()
        if f"{os_name}-{arch}" not in download.systems:
            raise DownloadFailed(f"its publisher has no file for {os_name}-{arch}")
        spelled = {
            "version": download.version,
            "os": os_name,
            "arch": download.arch_names.get(arch, arch),
        }
        url = download.url_by_os.get(os_name, download.url).format_map(spelled)
        archive = self._verified(url, download.checksum.format_map(spelled), download.checksum_kind)
        for name in files:
            target = into / name
            if member := download.members.get(name):
                _extract(archive, member.format_map(spelled), target)
            else:
                shutil.copyfile(archive, target)
            target.chmod(0o755)

    def _verified(self, url: str, checksum_url: str, kind: str) -> Path:
        if url in self._files:
            return self._files[url]
        name = Path(urlsplit(url).path).name
        with closing(self._open(checksum_url)) as reply:
            expected = _expected(reply, kind, name)
        partial = self._scratch / f"{name}.part"
        digest = hashlib.sha256()
        try:
            with closing(self._open(url)) as reply, partial.open("wb") as out:
                for chunk in _chunks(reply, url):
                    digest.update(chunk)
                    out.write(chunk)
            if digest.hexdigest() != expected:
                raise DownloadFailed(
                    f"{url} has sha256 {digest.hexdigest()}, but its publisher says {expected}; "
                    "the file was thrown away"
                )
            self._files[url] = partial.rename(self._scratch / name)
        finally:
            partial.unlink(missing_ok=True)
        return self._files[url]

    def _open(self, url: str) -> requests.Response:
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise DownloadFailed(self._unreachable[host])
        target = _mirrored(url)
        try:
            reply = self._session.get(target, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS))
        except requests.RequestException as error:
            self._unreachable[host] = f"{host} cannot be reached ({_reason(error)})"
            raise DownloadFailed(self._unreachable[host]) from error
        if reply.status_code != 200:
            reply.close()
            raise DownloadFailed(f"{target} answered {reply.status_code}")
        return reply


def _mirrored(url: str) -> str:
    base = os.environ.get("LAB_DOWNLOAD_BASE")
    if not base:
        return url
    if "://" not in base:
        base = Path(base).resolve().as_uri()
    if urlsplit(base).scheme not in {"http", "https", "file"}:
        raise LabError(
            f"LAB_DOWNLOAD_BASE is {base!r}, which is neither an http(s) address nor a folder."
        )
    parts = urlsplit(url)
    return f"{base.rstrip('/')}/{parts.netloc}{parts.path}"


def _chunks(reply: requests.Response, url: str) -> Iterator[bytes]:
    try:
        yield from reply.iter_content(_CHUNK)
    except requests.RequestException as error:
        raise DownloadFailed(f"{url} broke off ({_reason(error)})") from error


def _expected(reply: requests.Response, kind: str, name: str) -> str:
    """The published sha256 of the file `name`, in lower-case hex."""
    if kind == "github":
        try:
            found = [a["digest"] for a in reply.json()["assets"] if a["name"] == name]
        except (ValueError, KeyError, TypeError) as error:
            raise DownloadFailed(f"{reply.url} does not describe a release") from error
        sums = [str(digest).removeprefix("sha256:") for digest in found]
    else:
        lines = [line.split() for line in reply.text.splitlines() if line.strip()]
        sums = [w[0] for w in lines if len(w) == 1 or w[-1].lstrip("*./") == name]
    if len(sums) != 1 or len(sums[0]) != 64:
        raise DownloadFailed(f"{reply.url} holds no sha256 for {name}")
    return sums[0].lower()


def _extract(archive: Path, member: str, target: Path) -> None:
    """Writes one member of a verified archive to `target`; its own path is never used."""
    try:
        with ExitStack() as opened:
            source: IO[bytes] | None
            if archive.suffix == ".zip":
                source = opened.enter_context(zipfile.ZipFile(archive)).open(member)
            else:
                source = opened.enter_context(tarfile.open(archive)).extractfile(member)
            if source is None:
                raise KeyError(member)
            with source, target.open("wb") as out:
                shutil.copyfileobj(source, out, _CHUNK)
    except (KeyError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise DownloadFailed(f"{archive.name} holds no usable file {member}") from error


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, requests.Timeout):
        return f"no answer within {CONNECT_SECONDS:g} s"
    if "resolve" in str(error) or "resolution" in str(error):
        return "its name is not known here; offline?"
    return "no connection"
