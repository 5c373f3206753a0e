"""The text of every notification, as a real Alertmanager sends it: one alert, two, and forty.

Their annotations are those that promtool was seen to make of the shipped rules, in
`prometheus/tests/`; forty are forty episodes, systems or deletions. The texts are held as files.
After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/stack/test_messages.py`, and read the diff.
"""

import contextlib
import datetime
import json
import os
import re
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.processes import free_port
from tests.stack.live import HOST, program, until
from tests.stack.mailbox import Mailbox, mailbox
from tests.stack.programs import RELEASES, program_of
from tests.stack.receiver import Inbox, inbox
from tests.stack.shipped import ALERTMANAGER, ROOT, alerts, examples, read_yaml

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("messages")]

GOLDEN = ROOT / "tests/golden/notifications"
EXAMPLES = examples()
COUNTS = (1, 2, 40)
ALWAYS_ALONE = {"EpisodarrWatchdog", "EpisodarrExporterAbsent"}
TOLD_BY = ("upstream", "family", "sonarr", "instance")
"""Labels that tell one alert from another of its name, where it is about no episode."""
LONGEST = 4096
"""Characters that Telegram, and a description at Discord, have room for."""

Alert = dict[str, dict[str, str]]


def _another(alert: Alert, number: int) -> Alert:
    """The same alert about another episode, system or deletion."""
    text = json.dumps(alert)
    if "deletion_id" in alert["labels"]:
        value = alert["labels"]["deletion_id"]
        text = re.sub(rf"\b{re.escape(value)}\b", f"{value[0]}{number:02}", text)
    elif re.search(r"S\d\dE\d\d", text):
        text = re.sub(r"(S\d\dE)(\d+)", lambda m: f"{m[1]}{number:0{len(m[2])}}", text)
        text = re.sub(r'"episode": "\d+"', f'"episode": "{number}"', text)
    elif "season" in alert["labels"]:
        text = re.sub(r'(Season |"season": ")\d+', rf"\g<1>{number}", text)
    elif "release" in alert["labels"]:
        text = re.sub(rf"\b{re.escape(alert['labels']['release'])}\b", f"Show {number:02}", text)
    else:
        value = next(alert["labels"][label] for label in TOLD_BY if label in alert["labels"])
        text = re.sub(rf"(?<!blob/)\b{re.escape(value)}\b", f"{value}-{number:02}", text)
    another: Alert = json.loads(text)
    if "download_id" in another["labels"]:
        # In the order of their ids the releases would be shuffled.
        another["labels"]["download_id"] = f"{number * 7919 % 4096:03x}"
    return another


def _time(seconds: float) -> str:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return moment.isoformat()


class AlertFeed:
    """Alerts of several cases, given to an Alertmanager that groups by case."""

    def __init__(self, address: str) -> None:
        self._address = address
        # Of what started long ago Alertmanager notifies of the first at once, alone.
        self._started = _time(0)

    def fire(self, cases: Mapping[str, list[Alert]]) -> None:
        """They fire until they are cleared."""
        self._post(cases, _time(3600), "annotations")

    def clear(self, cases: Mapping[str, list[Alert]]) -> None:
        """They are over."""
        self._post(cases, _time(0), "last")

    def _post(self, cases: Mapping[str, list[Alert]], until_: str, sentence: str) -> None:
        body = [
            {
                "labels": {**alert["labels"], "case": case},
                "annotations": alert[sentence],
                "startsAt": self._started,
                "endsAt": until_,
            }
            for case, alerts_ in cases.items()
            for alert in alerts_
        ]
        answer = httpx.post(f"{self._address}/api/v2/alerts", json=body, timeout=20)
        assert answer.status_code == 200, answer.text


@contextlib.contextmanager
def _alertmanager(
    folder: Path, release: str, receivers: list[dict[str, Any]], routes: list[dict[str, Any]]
) -> Iterator[AlertFeed]:
    port = free_port()
    configuration = {
        "global": {"smtp_require_tls": False, "smtp_from": "episodarr@example.org"},
        "templates": [str(ALERTMANAGER / "templates/*.tmpl")],
        "route": {
            "receiver": receivers[0]["name"], "group_by": ["case"], "group_wait": "2s",
            "group_interval": "4s", "repeat_interval": "1h", "routes": routes,
        },
        "receivers": receivers,
    }  # fmt: skip
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    command = [
        program_of("prometheus-alertmanager", release),
        f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data",
        f"--web.listen-address={HOST}:{port}", "--cluster.listen-address=",
        "--web.external-url=http://alertmanager.example.org",
    ]  # fmt: skip
    address = f"http://{HOST}:{port}"
    with program(command, folder / "alertmanager.log"):
        until(lambda: httpx.get(f"{address}/-/ready").status_code == 200, "Alertmanager")
        yield AlertFeed(address)


def _by_mail(to: Mailbox) -> dict[str, Any]:
    shipped = read_yaml(ALERTMANAGER / "alertmanager.yml")["receivers"][0]["email_configs"][0]
    return {
        **shipped, "smarthost": to.address, "hello": "localhost",
        "headers": {
            **shipped["headers"],
            "X-Case": "{{ .CommonLabels.case }}",
            "X-Over": "{{ len .Alerts.Resolved }}",
        },
    }  # fmt: skip


def _hold(name: str, text: str) -> None:
    """Compares the text with the file."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN") and not os.environ.get("CI"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def _counts(name: str) -> tuple[int, ...]:
    return COUNTS[:1] if name in ALWAYS_ALONE else COUNTS


def _several(name: str, first: int, count: int) -> list[Alert]:
    if name in ALWAYS_ALONE:
        return [EXAMPLES[name]]
    return [_another(EXAMPLES[name], number) for number in range(first, first + count)]


Mails = dict[str, list[EmailMessage]]
ATTEMPTS = 4


@pytest.fixture(scope="module", params=RELEASES[:1])
def mails(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mails:
    """Both mails of each case, "Name 40 cleared" or "Name 40 mixed", in their order.

    An Alertmanager that is about to send while it takes alerts in reports a part of them first:
    then it is done again.
    """
    attempts = (
        _mails_of_all(request.param, tmp_path_factory.mktemp("mails")) for _ in range(ATTEMPTS)
    )
    found = next((attempt for attempt in attempts if attempt is not None), None)
    assert found is not None, "each time a group was sent in parts"
    return found


def _mails_of_all(release: str, folder: Path) -> Mails | None:
    """All cases at once; None if a group was sent in parts."""
    cases = [(name, count) for name in sorted(alerts()) for count in _counts(name)]
    fires, over = {}, {}
    for name, count in cases:
        fires[f"{name} {count} cleared"] = over[f"{name} {count} cleared"] = _several(
            name, 1, count
        )
        if name not in ALWAYS_ALONE:
            fires[f"{name} {count} mixed"] = _several(name, 1, 2 * count)
            over[f"{name} {count} mixed"] = _several(name, 1 + count, count)
    fires["hostile"] = over["hostile"] = [_hostile(1)]
    with mailbox() as box:
        people = {"name": "people", "email_configs": [_by_mail(box)]}
        with _alertmanager(folder, release, [people], []) as feed:
            feed.fire(fires)
            until(lambda: len(box.mails) >= len(fires), "what fires")
            feed.clear(over)
            until(lambda: len(box.mails) >= 2 * len(fires), "what is over")
    found: Mails = {}
    for mail in box.mails:
        found.setdefault(mail["X-Case"], []).append(mail)
    counts = {case: [int(mail["X-Over"]) for mail in several] for case, several in found.items()}
    return found if counts == {case: [0, len(several)] for case, several in over.items()} else None


def _body(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert isinstance(body, EmailMessage)
    text: str = body.get_content()
    return text.replace("\r\n", "\n").strip()


def _text(mail: EmailMessage) -> str:
    return f"Subject: {mail['Subject']}\n\n{_body(mail, 'plain')}\n"


@pytest.mark.parametrize("name", sorted(alerts()))
def test_the_text_of_a_notification_is_the_golden_one(
    name: str, mails: dict[str, list[EmailMessage]]
) -> None:
    parts = []
    for count in _counts(name):
        fires, cleared = map(_text, mails[f"{name} {count} cleared"])
        parts += [f"=== {count} firing\n{fires}", f"=== {count} resolved\n{cleared}"]
        if name not in ALWAYS_ALONE:
            mixed = _text(mails[f"{name} {count} mixed"][-1])
            parts.append(f"=== {count} firing, {count} resolved\n{mixed}")
    text = "\n".join(parts)
    assert "error expanding" not in text
    assert "no value" not in text
    assert max(map(len, parts)) < LONGEST
    _hold(name, text)


def test_the_page_in_a_mail_has_the_same_lines_and_escapes_names(
    mails: dict[str, list[EmailMessage]],
) -> None:
    for mail in [mail for several in mails.values() for mail in several]:
        page = _body(mail, "html")
        assert page.count("<li>") == _body(mail, "plain").count("\n- ")
        assert ("What to do" in page) is not mail["Subject"].startswith("Resolved")
    fires, _ = mails["hostile"]
    assert "&lt;f&gt; &amp; [g]" in _body(fires, "html")


HOSTILE = "A *b* _c_ ~~d~~ `e` <f> & [g](https://h.example) @here #i \\ |j|"
SIZES = (1, 40)
ANSWERS = {
    "slack": b"ok",
    "discord": b"",
    "telegram": b'{"ok":true,"result":{"message_id":1,"date":0,"chat":{"id":-1,"type":"group"}}}',
}


def _chat(service: str, to: Inbox, size: int) -> dict[str, Any]:
    """The shipped receiver, with an address of the test's and no secret."""
    (shipped,) = read_yaml(ALERTMANAGER / f"receivers/{service}.yml")["receivers"]
    (own,) = shipped[f"{service}_configs"]
    address = f"{to.url}{size}"
    return {key: value for key, value in own.items() if not key.endswith("_file")} | {
        "slack": {"api_url": address},
        "discord": {"webhook_url": address},
        "telegram": {"api_url": address, "bot_token": "1:x"},
    }[service]


def _hostile(number: int) -> Alert:
    """A stalled download whose series and release are full of markup."""
    text = json.dumps(_another(EXAMPLES["EpisodarrDownloadStalled"], number))
    alert: Alert = json.loads(text.replace("SPY x FAMILY", json.dumps(HOSTILE)[1:-1]))
    return alert


def _read(service: str, message: dict[str, Any]) -> tuple[str, str]:
    """Title and text, as the service is given them."""
    if service == "slack":
        (part,) = message["attachments"]
        assert part["mrkdwn_in"] == ["pretext"], "neither title nor text is read as markup"
        return part["title"], part["text"]
    if service == "discord":
        (part,) = message["embeds"]
        return part["title"], part["description"]
    assert not message.get("parse_mode")
    title, _, text = message["text"].partition("\n")
    return title, text


@pytest.fixture(scope="module", params=RELEASES)
def chats(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    """What each chat service was sent: of each size what fires, and that half of it is over."""
    folder = tmp_path_factory.mktemp("chats")
    with contextlib.ExitStack() as open_:
        inboxes = {name: open_.enter_context(inbox(answer)) for name, answer in ANSWERS.items()}
        receivers = [
            {
                "name": str(size),
                **{f"{name}_configs": [_chat(name, to, size)] for name, to in inboxes.items()},
            }
            for size in SIZES
        ]
        routes = [{"receiver": str(size), "matchers": [f'case="{size}"']} for size in SIZES]
        sent = open_.enter_context(_alertmanager(folder, request.param, receivers, routes))
        both = {str(size): [_hostile(n) for n in range(1, 2 * size + 1)] for size in SIZES}
        halves = {size: several[len(several) // 2 :] for size, several in both.items()}

        def have(count: int) -> bool:
            return all(len(to.notifications) == count for to in inboxes.values())

        sent.fire(both)
        until(lambda: have(len(SIZES)), "what fires")
        sent.clear(halves)
        until(lambda: have(2 * len(SIZES)), "what is over")
    return {name: to.notifications for name, to in inboxes.items()}


@pytest.mark.parametrize("service", ANSWERS)
def test_markup_in_names_is_shown_and_not_obeyed(
    service: str, chats: dict[str, list[dict[str, Any]]]
) -> None:
    parts = []
    for size in SIZES:
        messages = [m for m in chats[service] if m["path"].split("/")[1] == str(size)]
        for message, state in zip(messages, ("firing", "firing, half of them over"), strict=True):
            title, text = _read(service, message)
            assert len(title) + len(text) < LONGEST
            parts.append(f"=== {2 * size} {state}\n{title}\n--\n{text}\n")
    _hold(service, "\n".join(parts))
