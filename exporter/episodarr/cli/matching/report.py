"""`episodarr report`: what a report of a wrong match needs, from the running exporter."""

import os
from urllib.parse import quote

import click
import msgspec

from episodarr.cli.matching.match import AskedTorrent
from episodarr.cli.matching.private import private_words, without
from episodarr.cli.running.remote import reach
from episodarr.cli.running.show import EXIT_CODES, failures, url_option
from episodarr.cli.terminal.output import print_text


@click.command(epilog=EXIT_CODES, short_help="Write what a report of a wrong match needs.")
@click.argument("download")
@click.option(
    "--private", multiple=True, metavar="WORD", help="A further word to replace; may be repeated."
)
@url_option
def report(download: str, *, private: tuple[str, ...], url: str | None) -> None:
    """Write the file list, names and queued episodes of DOWNLOAD as `episodarr match` reads them.

    DOWNLOAD is the download's id, or a part of its name: one in Sonarr's queue, or grabbed within the
    last week and still in its client. Addresses, sites and release groups in the
    names are replaced, and the id is left out; each word only where the matcher decides the same
    without it. Read the line before you post it: titles stay.
    """
    with failures(), reach(url, os.environ) as remote:
        path = f"api/v1/downloads/{quote(download, safe='')}/match"
        asked = remote.get(path, AskedTorrent).document
    words = private_words(asked, private)
    shown, kept = without(asked, words)
    click.echo(msgspec.json.encode(shown).decode())
    print_text(
        f"{len(words) - len(kept)} private words were replaced; read the line all the same.",
        err=True,
    )
    for word in kept:
        print_text(f"“{word}” stays: without it the matcher decides otherwise.", err=True)
