"""Open the store, and log its faults once."""

import errno
import fcntl
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from episodarr.errors import SettingsError, StoreInUse, StoreTooNew
from episodarr.instruments import Instruments
from episodarr.settings import Settings
from episodarr.store.store import Store
from episodarr.views.text import plain

log = logging.getLogger(__name__)

FILE_NAME = "episodarr.sqlite"
LOCK_NAME = f"{FILE_NAME}.lock"
_OWNED: dict[Path, int] = {}
"""The handles that hold the locks of this process, which end with it."""
_UNLOCKED = "nothing keeps a second process from %s: %s"


def usable_folder(settings: Settings) -> Path:
    """The state directory, made if it was not there.

    Raises:
        SettingsError: it cannot be made or written.
    """
    folder = settings.state_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            [
                f"EPISODARR_STATE_DIR: cannot make {folder}: {error.strerror}; "
                "give a folder that this user may write (for example: /state)"
            ]
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(
            [
                f"EPISODARR_STATE_DIR: this user may not write in {folder}; "
                "give a folder that it may write (for example: /state), or mend its owner"
            ]
        )
    return folder


def own_state(settings: Settings) -> None:
    """Make this process the owner of the state directory, until it ends, however that is.

    A disk that is full has no room for the lock: that stops the log, and not the program.

    Raises:
        SettingsError: the directory cannot be made or written, or its lock is another user's.
        StoreInUse: another process owns it.
    """
    folder = usable_folder(settings)
    path = folder / LOCK_NAME
    if path in _OWNED:
        return
    handle = _opened_lock(path)
    if handle is None:
        return
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(handle, 200).decode(errors="replace").strip()
        os.close(handle)
        if error.errno in {errno.EACCES, errno.EAGAIN}:
            raise StoreInUse(
                f"Another Episodarr ({plain(owner) or 'it does not name itself'}) runs on the state "
                f"directory {folder}: stop that one, or give this one another EPISODARR_STATE_DIR."
            ) from None
        log.warning(_UNLOCKED, folder, error.strerror)
        return
    _OWNED[path] = handle
    with suppress(OSError):  # Without room for its name it is the owner all the same.
        os.truncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())


def _opened_lock(path: Path) -> int | None:
    """A handle of the file that is locked; None where there is no room for it.

    Raises:
        SettingsError: this user may not write it, or it is no file.
    """
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (PermissionError, IsADirectoryError) as error:
        raise SettingsError(
            [
                f"EPISODARR_STATE_DIR: this user may not write {path} ({error.strerror}); "
                "mend the owner of the folder and of all that is in it, or give another folder"
            ]
        ) from None
    except OSError as error:
        log.warning(_UNLOCKED, path.parent, error.strerror)
        return None


def open_store(settings: Settings, now: datetime) -> Store:
    """The store in the state directory; a broken file is set aside and begun anew.

    Raises:
        SettingsError: the directory cannot be made or written, or a newer version wrote the file.
        StoreInUse: another process owns it.
    """
    folder = usable_folder(settings)
    own_state(settings)
    try:
        with _private(folder):
            store = Store.open(folder / FILE_NAME, now)
    except StoreTooNew as error:
        raise SettingsError([f"EPISODARR_STATE_DIR: {error}"]) from None
    if store.was_rebuilt:
        log.error("the store in %s was broken: it was set aside and begun anew", folder)
    return store


@contextmanager
def _private(folder: Path) -> Iterator[None]:
    """Within this block new files are their owner's alone; the store's files become so."""
    before = os.umask(0o077)
    try:
        for path in folder.glob(f"{FILE_NAME}*"):
            with suppress(OSError):
                path.chmod(0o600)
        yield
    finally:
        os.umask(before)


def store_failure_log(instruments: Instruments) -> Callable[[str], None]:
    """A callback that counts every failed write, and logs it if its message is new."""
    last: str | None = None

    def log_failure(reason: str) -> None:
        nonlocal last
        instruments.store_write_failed()
        if reason != last:
            log.error("the store cannot be written: %s; metrics go on without it", reason)
            last = reason

    return log_failure
