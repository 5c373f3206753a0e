"""Open the store, and say what is wrong with it once."""

import logging
import os
from collections.abc import Callable
from datetime import datetime

from exporter.errors import SettingsError, StoreTooNew
from exporter.instruments import Instruments
from exporter.settings import Settings
from exporter.store.store import Store

log = logging.getLogger(__name__)

FILE_NAME = "episodarr.sqlite"


def open_store(settings: Settings, now: datetime) -> Store:
    """The store in the state directory; a broken file is set aside and begun anew.

    Raises:
        SettingsError: the directory cannot be made or written, or a newer version wrote the file.
    """
    folder = settings.state_dir.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
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
    try:
        store = Store.open(folder / FILE_NAME, now)
    except StoreTooNew as error:
        raise SettingsError([f"EPISODARR_STATE_DIR: {error}"]) from None
    if store.was_rebuilt:
        log.error("the store in %s was broken: it was set aside and begun anew", folder)
    return store


def store_failure_teller(instruments: Instruments) -> Callable[[str], None]:
    """Counts every write that failed, and logs it when it is another than before."""
    said: list[str] = []

    def tell(words: str) -> None:
        instruments.store_write_failed()
        if said[-1:] != [words]:
            log.error("the store cannot be written: %s; metrics go on without it", words)
            said[:] = [words]

    return tell
