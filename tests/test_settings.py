"""Each way to be wrong has its message: the key, the fault, an example; never the secret."""

import os
import re
from pathlib import Path

import pytest

from episodarr.deletions.policy import Policy
from episodarr.errors import SettingsError
from episodarr.settings import Settings, load_settings, secrets_of
from episodarr.settings.sections import DeletionSettings

SECRET = "zq8Kx1-not-to-be-shown"
GOOD = {
    "EPISODARR_SONARR__TV__URL": "http://sonarr:8989/base/",
    "EPISODARR_SONARR__TV__API_KEY": SECRET,
}


def problems(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> tuple[str, ...]:
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert SECRET not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    return caught.value.problems


def test_a_small_configuration_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.sonarr["tv"].url == "http://sonarr:8989/base"
    assert settings.sonarr["tv"].api_key.get_secret_value() == SECRET
    assert (settings.web.host, settings.web.port) == ("", 10987)
    assert SECRET not in repr(settings)
    assert secrets_of(settings) == (SECRET,)


def test_every_documented_secret_is_one_that_the_log_masks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also of a section that is added one day."""
    table = (Path(__file__).parents[1] / "docs/settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(EPISODARR_\S+)` .*?(Also as `…_FILE`\.)? \|$", table, re.MULTILINE)
    secrets = {f"a secret, {name}" for name, is_secret in rows if is_secret}
    for name, is_secret in rows:
        variable = name.replace("<NAME>", "ONE")
        if is_secret:
            monkeypatch.setenv(variable, f"a secret, {name}")
        elif variable.endswith("__URL"):
            monkeypatch.setenv(variable, "http://one")
    monkeypatch.setenv("EPISODARR_WEB__USERNAME", "me")
    assert len(secrets) >= 9
    assert set(secrets_of(load_settings())) == secrets


def test_a_password_inside_a_url_is_a_secret_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPISODARR_SONARR__TV__URL", "http://proxy:p%40ss-in-url@sonarr:8989")
    monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY", SECRET)
    assert secrets_of(load_settings()) == (SECRET, "p%40ss-in-url", "p@ss-in-url")


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"EPISODARR_SONARR__TV__URL": "sonarr:8989"}, "EPISODARR_SONARR__TV__URL", "http://"),
        ({"EPISODARR_SONARR__TV__URL": "http://"}, "EPISODARR_SONARR__TV__URL", "host"),
        ({"EPISODARR_SONARR__TV__URL": f"ftp://u:{SECRET}@x"}, "EPISODARR_SONARR__TV__URL", "URL"),
        ({"EPISODARR_SONARR__TV__API_KEY": None}, "EPISODARR_SONARR__TV__API_KEY", "missing"),
        ({"EPISODARR_SONAR__TV__URL": "x"}, "EPISODARR_SONAR__TV__URL", "EPISODARR_SONARR"),
        ({"EPISODARR_SONARR__TV__APIKEY": "x"}, "EPISODARR_SONARR__TV__APIKEY", "API_KEY"),
        ({"EPISODARR_WEB__LISTEN": "nowhere"}, "EPISODARR_WEB__LISTEN", ":10987"),
        ({"EPISODARR_WEB__LISTEN": ":99999"}, "EPISODARR_WEB__LISTEN", "HOST:PORT"),
        ({"EPISODARR_WEB__USERNAME": "me"}, "EPISODARR_WEB__PASSWORD", "USERNAME needs it"),
        ({"EPISODARR_WEB__PASSWORD": "x"}, "EPISODARR_WEB__USERNAME", "PASSWORD needs it"),
        (
            {"EPISODARR_WEB__TLS_CERT_FILE": "/c"},
            "EPISODARR_WEB__TLS_KEY_FILE",
            "TLS_CERT_FILE needs it",
        ),
        (
            {"EPISODARR_WEB__TLS_CERT_FILE": "/nope", "EPISODARR_WEB__TLS_KEY_FILE": "/nope"},
            "EPISODARR_WEB__TLS_CERT_FILE",
            "cannot read /nope",
        ),
        (
            {"EPISODARR_WEB__TLS_CERT_FILE": __file__, "EPISODARR_WEB__TLS_KEY_FILE": __file__},
            "EPISODARR_WEB__TLS_CERT_FILE",
            "PEM certificate",
        ),
        ({"EPISODARR_SONARR__TV__CA_FILE": "/nope"}, "EPISODARR_SONARR__TV__CA_FILE", "PEM file"),
        ({"EPISODARR_SONARR__TV__CA_FILE": __file__}, "EPISODARR_SONARR__TV__CA_FILE", "PEM"),
        ({"EPISODARR_SONARR__TV__URL": "http://a b:8989"}, "EPISODARR_SONARR__TV__URL", "host"),
        ({"EPISODARR_SONARR__TV__URL": "http://a:99999"}, "EPISODARR_SONARR__TV__URL", "65535"),
        ({"EPISODARR_SONARR__TV__URL": "http://a:port"}, "EPISODARR_SONARR__TV__URL", "65535"),
        ({"EPISODARR_SONARR__TV__URL": "http://[::1"}, "EPISODARR_SONARR__TV__URL", "host"),
        ({"EPISODARR_SONARR__TV__URL": "http://a/?b=c"}, "EPISODARR_SONARR__TV__URL", "no ?"),
        ({"EPISODARR_SONARR__TV__API_KEY": " "}, "EPISODARR_SONARR__TV__API_KEY", "is empty"),
        ({"EPISODARR_SONARR__TV__API_KEY": "é"}, "EPISODARR_SONARR__TV__API_KEY", "HTTP header"),
        ({"EPISODARR_SONARR__TV__API_KEY": "a\nb"}, "EPISODARR_SONARR__TV__API_KEY", "HTTP header"),
        ({"EPISODARR_SONARR__URL": "http://x"}, "EPISODARR_SONARR__URL", "EPISODARR_SONARR__TV__"),
        ({"EPISODARR_SONARR": "http://x"}, "EPISODARR_SONARR", "EPISODARR_SONARR__TV__URL="),
        ({"EPISODARR_QBITTORRENT__URL": "x"}, "EPISODARR_QBITTORRENT__URL", "QBITTORRENT__MAIN__"),
        ({"EPISODARR_JELLYFIN": SECRET}, "EPISODARR_JELLYFIN", "EPISODARR_JELLYFIN__API_KEY"),
        ({"EPISODARR_WEB": f'"{SECRET}"'}, "EPISODARR_WEB", "EPISODARR_WEB__LISTEN"),
        ({"EPISODARR_JELLYFIN__API_KEY": "k"}, "EPISODARR_JELLYFIN__URL", "http://jellyfin:8096"),
        (
            {"EPISODARR_SONARR__TV__UR": "x"},
            "EPISODARR_SONARR__TV__UR",
            "EPISODARR_SONARR__TV__URL?",
        ),
        ({"EPISODARR_SONARR__TV__X": "x"}, "EPISODARR_SONARR__TV__X", "CA_FILE"),
        (
            {"EPISODARR_SONARR__A/B__URL": "http://x", "EPISODARR_SONARR__A/B__API_KEY": "k"},
            "EPISODARR_SONARR",
            "letters, digits",
        ),
        ({"EPISODARR_PATHS": '{"/tv": 3}'}, "EPISODARR_PATHS", '{"/tv": "/media/tv"}'),
        ({"EPISODARR_PATHS": '{"tv": "/media"}'}, "EPISODARR_PATHS", "whole paths"),
        ({"EPISODARR_PATHS": '{"/tv": "media"}'}, "EPISODARR_PATHS", "whole paths"),
        ({"EPISODARR_COUNT_SPECIALS": "perhaps"}, "EPISODARR_COUNT_SPECIALS", "false"),
        ({"EPISODARR_CYCLE_SECONDS": "often"}, "EPISODARR_CYCLE_SECONDS", "for example: 15)"),
        ({"EPISODARR_CYCLE_SECONDS": "0"}, "EPISODARR_CYCLE_SECONDS", "0.2"),
        ({"EPISODARR_EPISODES": "some"}, "EPISODARR_EPISODES", "active"),
        ({"EPISODARR_PATHS": "/tv=/media"}, "EPISODARR_PATHS", '{"/tv"'),
        ({"EPISODARR_SHOKO__URL": "http://s:8111"}, "EPISODARR_SHOKO__API_KEY", "USERNAME and"),
        ({"EPISODARR_JELLYFIN__URL": "http://j"}, "EPISODARR_JELLYFIN__API_KEY", "missing"),
        ({"EPISODARR_DELETION__RETENTION_DAYS": "1"}, "EPISODARR_DELETION__RETENTION_DAYS", "7"),
        ({"EPISODARR_CONFIG": "/nonexistent.toml"}, "EPISODARR_CONFIG", "No such file"),
        ({"EPISODARR_STATE_DIR": "~nobody-of-that-name/x"}, "EPISODARR_STATE_DIR", "whole path"),
        ({"EPISODARR_PATHS": '["/tv"]'}, "EPISODARR_PATHS", '{"/tv": "/media/tv"}'),
        ({"EPISODARR_PATHS": '{"/tv": "/a\\u0000b"}'}, "EPISODARR_PATHS", "whole paths"),
        ({"EPISODARR_PATHS": '{"/tv": "/\\ud800"}'}, "EPISODARR_PATHS", "whole paths"),
        ({"EPISODARR_WEB__LISTEN": "²:²"}, "EPISODARR_WEB__LISTEN", "HOST:PORT"),
        (
            {"EPISODARR_WEB__USERNAME": "a:b", "EPISODARR_WEB__PASSWORD": "x"},
            "EPISODARR_WEB__USERNAME",
            "colon",
        ),
        (
            {"EPISODARR_SONARR__TV__API_KEY": None, "EPISODARR_SONARR__TV__API_KEY_FILE": "\udced"},
            "EPISODARR_SONARR__TV__API_KEY_FILE",
            "No such file",
        ),
    ],
    ids=lambda p: str(p)[:60],
)
def test_every_fault_names_its_key_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], key: str, words: str
) -> None:
    found = problems(monkeypatch, **changes)
    assert any(p.startswith(f"{key}:") and words in p for p in found), found


@pytest.mark.parametrize(
    "url",
    [
        "http://999.1.1.1:8989",
        "http://sonarr..lan:8989",
        "http://" + "a" * 64 + ":8989",
        "http://xn--zz--:8989",
        "http://sonarr:8989/\x7f",
        "http://u\udced:p@sonarr:8989",
        "'http://sonarr:8989'",
        '"http://sonarr:8989"',
    ],
)
def test_an_address_of_which_no_client_can_be_built_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """The clients raised errors of their libraries: a traceback at the start."""
    found = problems(monkeypatch, EPISODARR_SONARR__TV__URL=url)
    assert [p.partition(":")[0] for p in found] == ["EPISODARR_SONARR__TV__URL"]


@pytest.mark.parametrize(
    "host",
    ["sonarr", "my_sonarr", "sonarr.lan.", "10.0.0.7", "[::1]", "[fe80::1%eth0]", "bücher.example"],
)
def test_an_address_of_any_usual_kind_is_taken(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("EPISODARR_SONARR__TV__URL", f"http://{host}:8989/base/")
    monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY", SECRET)
    assert load_settings().sonarr["tv"].url == f"http://{host}:8989/base"


def test_bytes_that_are_no_text_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password from a shell that is not set to UTF-8 ended in a traceback."""
    found = problems(
        monkeypatch,
        EPISODARR_QBITTORRENT__MAIN__URL="http://q:8080",
        EPISODARR_QBITTORRENT__MAIN__USERNAME="me",
        EPISODARR_QBITTORRENT__MAIN__PASSWORD=f"{SECRET}\udce4",
    )
    assert found == (
        "EPISODARR_QBITTORRENT__MAIN__PASSWORD: holds bytes that are no UTF-8 text; write it again",
    )


DURATIONS = sorted(
    f"EPISODARR_{section}{name}".upper()
    for section, model in (("", Settings), ("DELETION__", DeletionSettings))
    for name in model.model_fields
    if name.endswith(("_seconds", "_days"))
)


@pytest.mark.parametrize("name", DURATIONS)
@pytest.mark.parametrize("value", ["inf", "nan", "1e308", "1e12", "999999999999999999999"])
def test_no_duration_is_longer_than_time_is_counted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """It ended in a traceback at the start, or later, when it was added to the present."""
    assert [p.partition(":")[0] for p in problems(monkeypatch, **{name: value})] == [name]


def test_a_user_without_a_home_is_told_to_give_a_state_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As of a container that runs under a number: it was a traceback."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    found = problems(monkeypatch)
    assert len(found) == 1
    assert found[0].startswith("EPISODARR_STATE_DIR: begins with ~, ")
    assert "(for example: /state)" in found[0]


def test_no_sonarr_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="EPISODARR_SONARR__TV__URL=http://sonarr:8989"):
        load_settings()


def test_what_a_template_left_empty_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        **GOOD,
        "EPISODARR_QBITTORRENT__MAIN__URL": "http://q:8080",
        "EPISODARR_QBITTORRENT__MAIN__API_KEY": "",
        "EPISODARR_SHOKO__URL": "http://s:8111",
        "EPISODARR_SHOKO__API_KEY": "",
        "EPISODARR_SHOKO__USERNAME": "me",
        "EPISODARR_WEB__SECRET": "",
        "EPISODARR_WEB__PASSWORD": "",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.qbittorrent["main"].api_key is None
    assert settings.shoko is not None
    assert settings.shoko.api_key is None
    assert settings.web.secret is None


def test_all_faults_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = problems(
        monkeypatch, EPISODARR_CYCLE_SECONDS="often", EPISODARR_SONARR__TV__URL="x", EPISODARR_X="1"
    )
    assert len(found) == 3


class TestSecretFiles:
    """Every secret may come from a file."""

    def test_the_file_is_read_and_trimmed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        secret = tmp_path / "key"
        secret.write_text(f"{SECRET}\n")
        monkeypatch.setenv("EPISODARR_SONARR__TV__URL", "http://sonarr:8989")
        monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY_FILE", str(secret))
        monkeypatch.setenv("EPISODARR_WEB__SECRET_FILE", str(secret))
        settings = load_settings()
        assert settings.sonarr["tv"].api_key.get_secret_value() == SECRET
        assert settings.web.secret is not None
        assert settings.web.secret.get_secret_value() == SECRET

    def test_the_mark_with_which_an_editor_begins_a_file_is_no_part_of_it(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The password was wrong without a visible reason, and refused logins ban an address."""
        secret = tmp_path / "password"
        secret.write_bytes(b"\xef\xbb\xbfpass\r\n")
        for name, value in GOOD.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("EPISODARR_QBITTORRENT__MAIN__URL", "http://q:8080")
        monkeypatch.setenv("EPISODARR_QBITTORRENT__MAIN__PASSWORD_FILE", str(secret))
        password = load_settings().qbittorrent["main"].password
        assert password.get_secret_value() == "pass"

    @pytest.mark.parametrize(("content", "words"), [(None, "cannot read"), (b"", "is empty")])
    def test_an_unreadable_or_empty_file_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, words: str
    ) -> None:
        secret = tmp_path / "key"
        if content is not None:
            secret.write_bytes(content)
        found = problems(
            monkeypatch,
            EPISODARR_SONARR__TV__API_KEY=None,
            EPISODARR_SONARR__TV__API_KEY_FILE=str(secret),
        )
        assert found[0].startswith("EPISODARR_SONARR__TV__API_KEY_FILE: ")
        assert words in found[0]
        assert str(secret) in found[0]

    def test_both_forms_at_once_are_a_fault(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        secret = tmp_path / "key"
        secret.write_text("other")
        found = problems(monkeypatch, EPISODARR_SONARR__TV__API_KEY_FILE=str(secret))
        assert found[0].startswith("EPISODARR_SONARR__TV__API_KEY_FILE: ")
        assert "keep one" in found[0]


class TestTomlFile:
    """A TOML file below the environment."""

    def test_the_environment_wins(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        config = tmp_path / "episodarr.toml"
        config.write_text(
            'cycle_seconds = 30\n[sonarr.Anime]\nurl = "http://a:8989"\napi_key = "k"\n'
        )
        monkeypatch.setenv("EPISODARR_CONFIG", str(config))
        monkeypatch.setenv("EPISODARR_CYCLE_SECONDS", "20")
        settings = load_settings()
        assert settings.cycle_seconds == 20
        assert set(settings.sonarr) == {"anime"}

    def test_two_spellings_of_one_name_are_one(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        config = tmp_path / "episodarr.toml"
        config.write_text('[sonarr.TV]\nurl = "http://from-file:1"\ntimeout_seconds = 7\n')
        monkeypatch.setenv("EPISODARR_CONFIG", str(config))
        for name, value in GOOD.items():
            monkeypatch.setenv(name, value)
        (sonarr,) = load_settings().sonarr.values()
        assert (sonarr.url, sonarr.timeout_seconds) == ("http://sonarr:8989/base", 7)

    def test_a_fault_in_the_file_is_placed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        config = tmp_path / "episodarr.toml"
        config.write_text("[sonarr\n")
        found = problems(monkeypatch, EPISODARR_CONFIG=str(config))
        assert "line 1" in found[0]

    def test_a_mark_at_the_start_of_the_file_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        config = tmp_path / "episodarr.toml"
        config.write_bytes(b"\xef\xbb\xbfcycle_seconds = 3\n")
        found = problems(monkeypatch, EPISODARR_CONFIG=str(config))
        assert found == (
            f"EPISODARR_CONFIG: {config} begins with a byte order mark; save it as UTF-8 without one",
        )

    def test_an_unknown_key_in_the_file_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        config = tmp_path / "episodarr.toml"
        config.write_text("cycle_secs = 3\n")
        found = problems(monkeypatch, EPISODARR_CONFIG=str(config))
        assert "CYCLE_SECS" in found[0]


def test_what_is_not_set_is_as_verification_has_it() -> None:
    assert DeletionSettings().policy() == Policy()
