"""Which file of a torrent holds which episode (DESIGN.md, section 5).

reading/        names of files and folders → titles, numbers, seasons, dates
torrent         what the torrent's own name adds
numbers/        what numbers mean, over all files that are numbered alike
spans           which numbers end a span of episodes
airing          which episode airs on the day that a name states
titles/         what episode titles show, and when they outweigh numbers
specials        which queued special a file is
videos          each file read; which videos are samples and extras
claims          claims of files on episodes, and which of two yields
leftovers       files that fit a queued season that nothing else holds
parallel        sets of files that count the same numbers and are no copies
contradictions  files that claim the same while others hold nothing
decide          the decision over the whole torrent
"""

from episodarr.matching.decide import match_files

__all__ = ["match_files"]
