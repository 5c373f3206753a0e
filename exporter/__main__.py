"""`python -m exporter` is `episodarr`."""

from exporter.cli import main

main()
