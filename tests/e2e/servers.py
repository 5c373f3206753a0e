"""Real servers on loopback, each on a free port, stopped by the handle it was started with."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.processes import end, free_port

STARTS_WITHIN_SECONDS = 30.0


def needs(command: str) -> str:
    """The command's path; skips the test where it is not installed."""
    path = shutil.which(command)
    if path is None:
        pytest.skip(f"{command} is not installed")
    return path


@contextmanager
def running(
    command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, env=env)
    try:
        yield process
    finally:
        end(process)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, status: int = 200) -> None:
    """Wait until the server answers so; its last output is in the failure."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == status:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(
        f"{url} did not answer {status}:\n{log.read_text(errors='replace')[-3000:]}"
    )


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def query(self, expression: str, at: float | None = None) -> list[dict[str, object]]:
        """The result of an instant query; an error of the query is a failure."""
        params = {"query": expression, **({"time": str(at)} if at is not None else {})}
        answer = httpx.get(f"{self.url}/api/v1/query", params=params, timeout=10).json()
        assert answer["status"] == "success", answer
        found: list[dict[str, object]] = answer["data"]["result"]
        return found

    def targets(self) -> list[dict[str, object]]:
        answer = httpx.get(f"{self.url}/api/v1/targets", timeout=10).json()
        found: list[dict[str, object]] = answer["data"]["activeTargets"]
        return found


@contextmanager
def prometheus(folder: Path, target: str, interval: str = "1s") -> Iterator[Prometheus]:
    """A Prometheus that scrapes one exporter."""
    command = needs("prometheus")
    config = folder / "prometheus.yml"
    config.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": interval, "scrape_timeout": interval},
                "scrape_configs": [
                    {"job_name": "episodarr", "static_configs": [{"targets": [target]}]}
                ],
            }
        )
    )
    port, log = free_port(), folder / "prometheus.log"
    arguments = [
        command,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(arguments, log) as process:
        wait_for(f"http://127.0.0.1:{port}/-/ready", process, log)
        yield Prometheus(f"http://127.0.0.1:{port}")


USERNAME = "somebody"
PASSWORD = "correct horse"


@dataclass(frozen=True)
class Qbittorrent:
    """A running qBittorrent with a session of our own."""

    url: str
    client: httpx.Client
    downloads: Path
    start: Callable[[], None]
    """Ends it and starts it again, and logs in."""

    @property
    def version(self) -> str:
        return self.client.get("/api/v2/app/version").text

    def add(self, torrent: bytes, peer: str, info_hash: str) -> None:
        """Add a torrent, stopped nowhere, and tell it of its only peer."""
        added = self.client.post("/api/v2/torrents/add", files={"torrents": torrent})
        # 5.3 answers with a document of what it took.
        assert added.text == "Ok." or added.json()["success_count"] == 1, added.text
        deadline = time.monotonic() + 10
        while not self.client.get("/api/v2/torrents/info", params={"hashes": info_hash}).json():
            assert time.monotonic() < deadline, "the torrent never appeared"
            time.sleep(0.05)
        self.tell_of(peer, info_hash)

    def tell_of(self, peer: str, info_hash: str) -> None:
        """Tell a torrent of its only peer."""
        self.post("torrents/addPeers", hashes=info_hash, peers=peer)

    def post(self, action: str, **form: str) -> None:
        answer = self.client.post(f"/api/v2/{action}", data=form)
        assert answer.status_code == 200, answer.text

    def files(self, info_hash: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.client.get(
            "/api/v2/torrents/files", params={"hash": info_hash}
        ).json()
        return found


QBITTORRENT_CONF = """[LegalNotice]
Accepted=true

[BitTorrent]
Session\\DHTEnabled=false
Session\\PeXEnabled=false
Session\\LSDEnabled=false
Session\\Port={peer_port}
Session\\Interface=lo
Session\\MultiConnectionsPerIp=true
Session\\GlobalDLSpeedLimit={limit_kib}
Session\\IgnoreLimitsOnLAN=false
Session\\IncludeOverheadInLimits=false
Session\\RefreshInterval=100
Session\\DefaultSavePath={downloads}

[Preferences]
WebUI\\Username={username}
WebUI\\Password_PBKDF2="@ByteArray({password})"
WebUI\\Address=127.0.0.1
WebUI\\Port={port}
WebUI\\LocalHostAuth=true
"""


def qbittorrent_of(suite: str) -> str:
    """The command of a Debian release's qBittorrent, or of the system's own; else skips the test."""
    if suite == "system":
        return needs("qbittorrent-nox")
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "episodarr")
    folder = os.environ.get("TEST_QBITTORRENTS") or default / "qbittorrent"
    command = Path(folder, suite, "qbittorrent-nox")
    if not command.exists():
        pytest.skip(
            f"the qBittorrent of {suite} is not here: .ci/other-releases gets it, or says why"
        )
    return str(command)


def _password() -> str:
    """As qBittorrent keeps a password: the salt and what PBKDF2 makes of both."""
    salt = b"sixteen bytes ok"
    made = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, 100_000)
    return f"{base64.b64encode(salt).decode()}:{base64.b64encode(made).decode()}"


@contextmanager
def qbittorrent(folder: Path, command: str, *, limit_kib: int) -> Iterator[Qbittorrent]:
    """A throttled qBittorrent with a user of its own.

    Its counts of whole torrents are brought up to date every 100 ms, for they say when files have
    moved: by default that lags behind the files themselves by a second and a half.
    """
    port, log, downloads = free_port(), folder / "qbittorrent.log", folder / "downloads"
    downloads.mkdir()
    config = folder / "profile" / "qBittorrent" / "config" / "qBittorrent.conf"
    config.parent.mkdir(parents=True)
    config.write_text(
        QBITTORRENT_CONF.format(
            peer_port=free_port(),
            limit_kib=limit_kib,
            downloads=downloads,
            port=port,
            username=USERNAME,
            password=_password(),
        )
    )
    url = f"http://127.0.0.1:{port}"
    env = {**os.environ, "HOME": str(folder)}
    with ExitStack() as stack, httpx.Client(base_url=url, timeout=10) as client:

        def start() -> None:
            stack.close()
            process = stack.enter_context(
                running([command, f"--profile={folder / 'profile'}"], log, env)
            )
            wait_for(url, process, log)
            client.cookies.clear()
            form = {"username": USERNAME, "password": PASSWORD}
            login = client.post("/api/v2/auth/login", data=form)
            # 5.3 says so with 204 and nothing else.
            assert (login.status_code, login.text) in {(200, "Ok."), (204, "")}, log.read_text()

        start()
        yield Qbittorrent(url, client, downloads, start)


@contextmanager
def exporter(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """A running `episodarr serve`; gives its host and port."""
    port, log = free_port(), folder / "episodarr.log"
    own = {k: v for k, v in os.environ.items() if not k.startswith("EPISODARR_")}
    variables = {
        **own,
        **environment,
        "EPISODARR_WEB__LISTEN": f"127.0.0.1:{port}",
        "EPISODARR_STATE_DIR": str(folder / "state"),
    }
    with running([sys.executable, "-m", "episodarr", "serve"], log, variables) as process:
        wait_for(f"http://127.0.0.1:{port}/-/healthy", process, log)
        yield f"127.0.0.1:{port}"
