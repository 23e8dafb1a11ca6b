"""Counters for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """What the service counts. A registry of its own: nothing that a library registers gets out by accident."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "tito_requests", "Answers, by handler and status", ["handler", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "tito_request_seconds", "Time to the answer", ["handler"], buckets=_SECONDS, registry=self.registry
        )
        self.submissions = Counter(
            "tito_submissions", "Submissions, by what became of them", ["outcome"], registry=self.registry
        )
        self.ungraded = Gauge("tito_ungraded", "Submissions that wait to be graded", registry=self.registry)
        self.not_due = Gauge(
            "tito_not_due", "Submissions that are graded when they are due, later", registry=self.registry
        )

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self.registry)
