#!/usr/bin/env python3
"""Writes prometheus/rules/*.yml; `--check` only says whether they are current."""

import sys

from episodarr_rules.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
