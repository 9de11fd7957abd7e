"""The system user an embedded PostgreSQL runs as when the bridge itself runs as root.

PostgreSQL refuses to run as root. An existing data folder keeps its owner; for
a new one a user without a password and without a shell is made.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cti_bridge.errors import Unavailable

USER_NAME = "cti-bridge-postgres"
_SETTING = "storage.data_dir"


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A user by its numbers, with the groups it is in."""

    name: str
    uid: int
    gid: int
    groups: frozenset[int]


def choose_user(folder: Path) -> SystemUser | None:
    """Whom to run as so that ``folder`` can be used; None: as we are (we are not root).

    Raises: Unavailable when a user is needed and cannot be made.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        try:
            return _described(pwd.getpwuid(folder.stat().st_uid))
        except KeyError:
            raise Unavailable(
                _SETTING, f"{folder} belongs to user {folder.stat().st_uid}, which is unknown here"
            ) from None
    try:
        return _described(pwd.getpwnam(USER_NAME))
    except KeyError:
        return _make_user()


def _described(entry: pwd.struct_passwd) -> SystemUser:
    groups = frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid, groups)


def _make_user() -> SystemUser:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, USER_NAME], check=True, capture_output=True, text=True, timeout=30)
        return _described(pwd.getpwnam(USER_NAME))
    except (OSError, subprocess.SubprocessError, KeyError) as error:
        why = getattr(error, "stderr", None) or str(error)
        raise Unavailable(
            _SETTING,
            "PostgreSQL does not run as root and no user could be made for it "
            f"({' '.join(str(why).split())}); run the bridge as an ordinary user or set storage.postgres_url",
        ) from error


def may_enter(user: SystemUser, folder: Path) -> bool:
    """Whether ``user`` may traverse ``folder`` itself, by its permission bits."""
    status = folder.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid in user.groups:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def first_closed(user: SystemUser, folder: Path) -> Path | None:
    """The outermost folder on the way to and including ``folder`` that ``user`` may not enter."""
    way = [*reversed(folder.parents), folder]
    return next((step for step in way if not may_enter(user, step)), None)


def give(user: SystemUser, folder: Path) -> None:
    """Make ``user`` the owner of ``folder`` itself, not of what is in it."""
    os.chown(folder, user.uid, user.gid)


def within_reach(user: SystemUser, root: Path, parts: Sequence[str], program: str, copy_to: Path) -> Path:
    """``root``, or ``copy_to`` with a copy of its ``parts`` when ``user`` cannot run ``program`` in it.

    Python installed in root's home is out of reach for everybody else; we copy
    40 MB once rather than open somebody's home to all.
    """
    if first_closed(user, root / program) is None:
        return root
    if not copy_to.exists():
        unfinished = copy_to.with_name(copy_to.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in parts:
            if (root / part).exists():
                shutil.copytree(root / part, unfinished / part, symlinks=True, copy_function=_copy_for_all)
        for folder in (unfinished, *(step for step in unfinished.rglob("*") if step.is_dir())):
            folder.chmod(0o755)
        unfinished.replace(copy_to)
    return copy_to


def _copy_for_all(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if os.access(source, os.X_OK) else 0o644)
