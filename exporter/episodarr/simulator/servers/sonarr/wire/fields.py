"""What several answers of Sonarr share: languages and qualities."""

from episodarr.simulator.state.library import QUALITIES

Json = dict[str, object]

LANGUAGES = [{"id": 8, "name": "Japanese"}]


def quality_json(name: str) -> Json:
    """A quality with its revision."""
    number, source, resolution = QUALITIES[name]
    return {
        "quality": {"id": number, "name": name, "source": source, "resolution": resolution},
        "revision": {"version": 1, "real": 0, "isRepack": False},
    }
