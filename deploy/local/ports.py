"""Where the parts listen. Everything is counted from one base, so a second platform needs one other number."""

import os
import random
from dataclasses import dataclass

from deploy.failures import StartFailed
from deploy.local.processes import require_free_port

DEFAULT_BASE = 8100
SERVICES = ("registry", "inspection", "afterschool", "metrics")


@dataclass(frozen=True)
class Ports:
    base: int = DEFAULT_BASE

    @classmethod
    def from_environment(cls) -> "Ports":
        value = os.environ.get("PORT_BASE", str(DEFAULT_BASE))
        if not value.isdigit() or not 1024 <= int(value) <= 65000:
            raise StartFailed(f"PORT_BASE must be a number between 1024 and 65000, not {value!r}.")
        return cls(int(value))

    @classmethod
    def free(cls) -> "Ports":
        """A base from which on everything is free, below the range the kernel hands out."""
        for _ in range(100):
            ports = cls(random.randrange(12000, 32000, 30))  # noqa: S311 (no secret)
            try:
                ports.require_free()
            except StartFailed:
                continue
            return ports
        raise StartFailed("No free block of ports was found.")

    @property
    def portal(self) -> int:
        return self.base

    def api(self, service: str) -> int:
        return self.base + 1 + SERVICES.index(service)

    def worker(self, service: str) -> int:
        return self.base + 11 + SERVICES.index(service)

    @property
    def postgres(self) -> int:
        return self.base + 20

    @property
    def broker(self) -> int:
        """Apache Kafka takes the next one too, for its controller."""
        return self.base + 21

    def require_free(self, *, postgres: bool = True, broker: bool = True) -> None:
        wanted = {self.portal: "the portal"}
        wanted |= {self.api(service): f"the API of {service}" for service in SERVICES}
        wanted |= {self.worker(service): f"the worker of {service}" for service in SERVICES}
        wanted |= {self.postgres: "PostgreSQL"} if postgres else {}
        wanted |= {self.broker: "the broker", self.broker + 1: "the broker"} if broker else {}
        for port, purpose in wanted.items():
            require_free_port(port, purpose=purpose)
