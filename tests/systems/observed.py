"""What a client reports of its requests."""

from episodarr.model.reading import FailureReason


class Observed:
    """An observer that remembers the endpoint and the failure of each request."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, FailureReason | None]] = []

    def __call__(
        self, endpoint: str, duration_seconds: float, reason: FailureReason | None
    ) -> None:
        assert duration_seconds >= 0
        self.seen.append((endpoint, reason))
