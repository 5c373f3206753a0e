"""Everything that can happen to the simulated systems, as methods of the world.

intake    series are added
searches  Sonarr's searches and other commands
grabs     downloads begin; `imports` ends them
removal   files and series go, move or come back
handwork  what people do by hand, and restarts
services  Jellyfin, Shoko and Seerr
stories   events of events
webhooks  the bodies that Sonarr sends
"""
