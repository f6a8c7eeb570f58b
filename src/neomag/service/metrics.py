"""Metrics for Prometheus: requests by method, route and status, and how long they took. Routes are templates, never paths."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

NO_ROUTE = "(none)"
# From an assessment (about a millisecond) to a plan of a week.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one application."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, knowledge: str):
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        about = Gauge("neomag_knowledge", "The knowledge in force.", ["version"], registry=self.registry)
        about.labels(knowledge).set(1)
        self.at_once = Gauge("neomag_http_requests_in_progress", "Requests being answered.", registry=self.registry)
        self._requests = Counter(
            "neomag_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "neomag_http_request_seconds", "Time to answer.", ["method", "route"], buckets=_BUCKETS, registry=self.registry
        )
        # What a label names is looked up once; methods, routes and statuses are few.
        self._counter = lru_cache(512)(self._requests.labels)
        self._histogram = lru_cache(512)(self._seconds.labels)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._counter(method, route, status).inc()
        self._histogram(method, route).observe(seconds)

    def text(self) -> bytes:
        """All of it in the text format of Prometheus."""
        return generate_latest(self.registry)
