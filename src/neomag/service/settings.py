"""The settings of the service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Sizes are in bytes, times in seconds."""

    host: str = "127.0.0.1"
    port: int = 8080
    cors_origins: tuple[str, ...] = ()
    max_body: int = 4 * 1024 * 1024
    max_cases: int = 100
    max_requests: int = 200
    workers: int = 2
    timeout: float = 30.0
    body_timeout: float = 10.0
