"""The command `episodarr`: arguments in, text and exit codes out.

Exit codes: 0 done; 1 the answer is no, or part of it failed; 2 wrong usage or configuration;
3 the exporter cannot be reached.

serve, demo, simulate, files  commands of their own
setup/                        write a configuration, and check it against the systems
running/                      ask a running exporter
matching/                     what the matcher decides of a torrent, and reports about it
terminal/                     lines, colors and pages
configuration                 the configuration of a command, or its faults
settings_table                the table of docs/settings.md
"""

import importlib
from typing import override

import click

from episodarr import __version__

_COMMANDS = {
    "init": ("episodarr.cli.setup.init", "init"),
    "serve": ("episodarr.cli.serve", "serve"),
    "demo": ("episodarr.cli.demo", "demo"),
    "simulate": ("episodarr.cli.simulate", "simulate"),
    "status": ("episodarr.cli.running.show", "status"),
    "deletions": ("episodarr.cli.running.show", "deletions"),
    "expect-deletion": ("episodarr.cli.running.show", "expect_deletion"),
    "recheck": ("episodarr.cli.running.show", "recheck"),
    "ack": ("episodarr.cli.running.show", "ack"),
    "match": ("episodarr.cli.matching.match", "match"),
    "report": ("episodarr.cli.matching.report", "report"),
    "check": ("episodarr.cli.setup.check", "check"),
    "files": ("episodarr.cli.files", "files"),
    "healthcheck": ("episodarr.cli.running.healthcheck", "healthcheck"),
}


class LazyGroup(click.Group):
    """Imports a command when it is asked for: `--version` needs no web server."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, name = place
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="episodarr")
def main() -> None:
    """Every episode's stage in Prometheus, and proof that what was deleted is gone."""
