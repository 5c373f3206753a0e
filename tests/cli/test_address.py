"""Every command finds the exporter that the same environment configures."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import override

import pytest
from click.testing import CliRunner, Result

from episodarr.cli import main
from episodarr.cli.running.address import login_of, own_url
from episodarr.cli.running.healthcheck import _plain_address, fault_of
from episodarr.errors import SettingsError
from episodarr.settings import WebSettings, load_web_settings
from tests.cli.test_serve import environment, serving
from tests.processes import free_port


def run(*arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=dict(variables))


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        (":10987", "http://127.0.0.1:10987"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("[::]:8000", "http://[::1]:8000"),
        ("[fd00::7]:8000", "http://[fd00::7]:8000"),
        ("192.0.2.4:8000", "http://192.0.2.4:8000"),
        ("localhost:8000", "http://localhost:8000"),
    ],
)
def test_an_address_to_listen_on_is_one_to_ask(listen: str, url: str) -> None:
    assert own_url(WebSettings(listen=listen)) == url


def test_any_free_port_cannot_be_asked() -> None:
    with pytest.raises(SettingsError) as refused:
        own_url(WebSettings(listen="127.0.0.1:0"))
    assert "--url" in refused.value.problems[0]


def test_a_login_is_written_as_urls_hold_it() -> None:
    web = WebSettings.model_validate({"username": "me@home", "password": "a:b/c"})
    assert login_of(web) == "me%40home:a%3Ab%2Fc@"
    assert login_of(WebSettings()) == ""


def test_only_the_part_of_the_server_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "episodarr.toml"
    config.write_text('[sonarr.tv]\nurl = "nonsense"\n[web]\nlisten = ":8001"\nsecret = "s3cret"\n')
    monkeypatch.setenv("EPISODARR_CONFIG", str(config))
    assert load_web_settings().port == 8001
    monkeypatch.setenv("EPISODARR_WEB__LISTEN", ":8002")
    assert load_web_settings().port == 8002
    monkeypatch.setenv("EPISODARR_WEB__LISTEN", "nowhere")
    with pytest.raises(SettingsError, match="EPISODARR_WEB__LISTEN: must be HOST:PORT"):
        load_web_settings()


def certificate(folder: Path) -> dict[str, str]:
    """The settings for HTTPS with a certificate of its own making, for another name."""
    key, pem = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=nas.example.org", "-keyout", str(key), "-out", str(pem)],
        check=True, capture_output=True,
    )  # fmt: skip
    return {"EPISODARR_WEB__TLS_CERT_FILE": str(pem), "EPISODARR_WEB__TLS_KEY_FILE": str(key)}


def test_https_a_password_and_a_secret_are_taken_from_the_same_environment(tmp_path: Path) -> None:
    env = environment(
        EPISODARR_WEB__LISTEN=f":{free_port()}",
        EPISODARR_WEB__USERNAME="me",
        EPISODARR_WEB__PASSWORD="p:w@d",
        EPISODARR_WEB__SECRET="of-my-own",
        **certificate(tmp_path),
    )
    with serving(env):
        assert run("healthcheck", **env).stdout == "healthy\n"
        assert run("deletions", **env).exit_code == 0
        unknown = run("recheck", "d404", **env)
        assert unknown.exit_code == 1, unknown.stderr
        assert "no deletion with this id" in unknown.stderr
        (tmp_path / "other").mkdir()
        stranger = {**env, **certificate(tmp_path / "other")}
        refused = run("deletions", **stranger)
        assert refused.exit_code == 3, "another certificate than the configured one is not trusted"
    gone = run("deletions", **env)
    assert gone.exit_code == 3
    assert "EPISODARR_WEB__LISTEN" in gone.stderr
    assert "EPISODARR_URL" in gone.stderr
    assert run("healthcheck", **env).exit_code == 1


@pytest.mark.parametrize(
    "listen", ["", ":10987", "0.0.0.0:8000", "[::]:8000", "[fd00::7]:8000", "localhost:8000"]
)
@pytest.mark.parametrize("is_https", [False, True])
def test_the_quick_way_gives_what_the_settings_give(listen: str, is_https: bool) -> None:
    given = {"EPISODARR_WEB__LISTEN": listen}
    if is_https:
        given["episodarr_web__tls_cert_file"] = "/cert.pem"
    web = WebSettings(listen=listen) if listen else WebSettings()
    expected = own_url(web).replace("http:", "https:" if is_https else "http:")
    assert _plain_address(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"EPISODARR_CONFIG": "/etc/episodarr.toml"},
        {"EPISODARR_WEB": '{"listen": ":8000"}'},
        {"EPISODARR_WEB__LISTEN": ":0"},
        {"EPISODARR_WEB__LISTEN": ":65536"},
        {"EPISODARR_WEB__LISTEN": "nowhere"},
    ],
)
def test_what_is_not_plain_is_left_to_the_settings(given: dict[str, str]) -> None:
    assert _plain_address(given) == ""


def test_the_health_check_starts_without_the_settings() -> None:
    """It runs twice a minute: with them it took more CPU than the exporter."""
    code = "import sys, episodarr.cli.running.healthcheck; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


class _Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_right = self.path == "/base/-/healthy"
        self.send_response(200 if is_right else 503)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def answering() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_health_check_believes_an_answer_and_nothing_else() -> None:
    with answering() as address:
        assert fault_of(f"http://{address}/base/", 4) == ""
        assert fault_of(f"{address}/base", 4) == ""
        assert fault_of(address, 4) == "answers with status 503"
        assert fault_of(f"https://{address}/base", 4)
    assert "refused" in fault_of(address, 4)
    for nonsense in ("ftp://x", "http://", "http://[::1", "http://a:b:c"):
        assert "is no address" in fault_of(nonsense, 4)


def test_the_health_check_ends_with_one_whatever_is_wrong() -> None:
    for variables in (
        {"EPISODARR_WEB__LISTEN": f":{free_port()}"},
        {"EPISODARR_WEB__LISTEN": ":0"},
        {"EPISODARR_WEB__LISTEN": "nowhere"},
    ):
        result = run("healthcheck", **variables)
        assert result.exit_code == 1
        assert "EPISODARR" in result.stderr or "refused" in result.stderr
        assert "Traceback" not in result.stderr
