"""`python -m episodarr` is `episodarr`."""

from episodarr.cli import main

main()
