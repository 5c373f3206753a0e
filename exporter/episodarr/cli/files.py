"""`episodarr files`: the rules, dashboards, templates and examples that belong to this version."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

import episodarr
from episodarr.cli.terminal.output import print_text

SHIPPED = (
    ".env.example",
    "alertmanager/README.md",
    "alertmanager/alertmanager.yml",
    "alertmanager/receivers",
    "alertmanager/secrets/.gitignore",
    "alertmanager/start.sh",
    "alertmanager/templates",
    "deploy",
    "docker-compose.yml",
    "grafana/dashboards",
    "grafana/import",
    "grafana/kustomization.yaml",
    "grafana/provisioning",
    "prometheus/agent.yml",
    "prometheus/prometheus.yml",
    "prometheus/rules",
    "prometheus/scrape-episodarr.yml",
)
"""Files and whole folders, as they lie in the repository and, below `files`, in the wheel."""
EXIT_REFUSED = 1
_BUILD = "    build: .\n"
_EXECUTABLE = 0o755


@click.command(short_help="Write the rules, dashboards and examples of this version.")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over files that differ.")
def files(directory: Path, *, force: bool) -> None:
    """Write what belongs to this version of the program into DIRECTORY.

    That is Prometheus' rules, Grafana's dashboards, Alertmanager's templates, a compose file, and
    examples for systemd, Kubernetes and Unraid. Exit code 1 where a file that differs is there; then
    nothing is written.
    """
    contents = dict(shipped())
    differing = [] if force else [n for n in contents if _differs(directory / n, contents[n])]
    for name in differing:
        print_text(f"{directory / name} is there and differs", err=True)
    if differing:
        click.echo("Nothing was written: give another directory, or --force.", err=True)
        sys.exit(EXIT_REFUSED)
    try:
        for name, content in contents.items():
            _write(directory / name, content)
    except OSError as error:
        print_text(f"{error.filename} cannot be written: {error.strerror}", err=True)
        sys.exit(EXIT_REFUSED)
    print_text(f"{len(contents)} files of version {episodarr.__version__} are in {directory}")


def shipped() -> Iterator[tuple[str, bytes]]:
    """Each file's name and content; the compose file names the image and does not build it."""
    root = _root()
    for name in SHIPPED:
        place = root / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                yield path.relative_to(root).as_posix(), _content(path)


def _root() -> Path:
    """Where the files lie: in the installed package, or in the checkout around it."""
    package = Path(episodarr.__file__).parent
    installed = package / "files"
    return installed if installed.is_dir() else package.parents[1]


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name != "docker-compose.yml":
        return content
    return content.replace(_BUILD.encode(), b"")


def _differs(path: Path, content: bytes) -> bool:
    try:
        return path.exists() and path.read_bytes() != content
    except OSError:
        return True


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if path.suffix == ".sh":
        path.chmod(_EXECUTABLE)
