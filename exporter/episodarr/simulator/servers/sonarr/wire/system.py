"""Sonarr's status and health as it answers them."""

from episodarr.simulator.servers.sonarr.wire.fields import Json
from episodarr.simulator.state.sonarr import SonarrDatabase
from episodarr.simulator.times import sonarr_time


def health_json(state: SonarrDatabase) -> list[Json]:
    """Sonarr's own complaints, one more while a download client does not answer."""
    rows = list(state.health)
    clients = {t.client.name for t in state.tracked.values() if not t.client.reachable}
    rows += [
        {
            "source": "DownloadClientCheck",
            "type": "error",
            "message": f"Unable to communicate with {state.options.client_name}.",
            "wikiUrl": "https://wiki.servarr.com/sonarr/system#download-clients",
        }
        for _ in sorted(clients)
    ]
    return rows


def status_json(state: SonarrDatabase) -> Json:
    """``/system/status``."""
    return {
        "appName": "Sonarr",
        "instanceName": f"Sonarr {state.name}",
        "version": state.options.version,
        "buildTime": "2026-06-26T18:00:00Z",
        "isDebug": False,
        "isProduction": True,
        "isAdmin": False,
        "isUserInteractive": False,
        "startupPath": "/app/sonarr/bin",
        "appData": "/config",
        "osName": "alpine",
        "osVersion": "3.21.0",
        "isNetCore": True,
        "isLinux": True,
        "isOsx": False,
        "isWindows": False,
        "isDocker": True,
        "mode": "console",
        "branch": "main",
        "authentication": "forms",
        "sqliteVersion": "3.49.1",
        "migrationVersion": 217,
        "urlBase": state.options.url_base,
        "runtimeVersion": "6.0.36",
        "runtimeName": "netcore",
        "startTime": sonarr_time(state.started_at),
        "packageUpdateMechanism": "docker",
        "databaseVersion": "3.49.1",
        "databaseType": "sqLite",
    }
