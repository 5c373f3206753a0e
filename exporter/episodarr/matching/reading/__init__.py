"""Read the names of files and folders: titles, numbers, seasons, dates, and what is technical.

path      one file of a torrent as its whole path reads; `folders` reads each folder once
heading   what a file name calls its series; `names` are the series' own titles
marks     season, episode, date and part in one name; `patterns` are their forms
dates     air dates
numerals  numbers as words
noise     technical tokens, blanked out before numbers are read
lexicon   words for seasons, episodes and extras
fold      comparable forms of titles
"""
