"""Simulated systems: small, faithful servers that share one world."""

from exporter.demo.faults import Fault
from exporter.demo.intake import SeasonPlan, SeriesPlan
from exporter.demo.scenario import Scenario
from exporter.demo.simulation import Simulation
from exporter.demo.torrents import TorrentFile
from exporter.demo.world import World

__all__ = [
    "Fault",
    "Scenario",
    "SeasonPlan",
    "SeriesPlan",
    "Simulation",
    "TorrentFile",
    "World",
]
