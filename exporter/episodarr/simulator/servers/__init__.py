"""The HTTP interfaces of the simulated systems, and the control port.

sonarr/ qbittorrent/ jellyfin/ shoko/ seerr/  routes and answers of each system
listener        one port; `answers` is what they share
faults          what an answer can suffer
request_counts  what was asked
courier         sends webhooks
control         the port that drives it all
"""
