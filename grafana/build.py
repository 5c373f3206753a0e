#!/usr/bin/env python3
"""Writes grafana/dashboards and grafana/import; `--check` only says whether they are current."""

import sys

from episodarr_dashboards.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
