"""`python -m benchmarks.unmeasured MODULE …`: a module run with every Prometheus instrument switched off."""

import runpy
import sys
from typing import Any

from prometheus_client import Counter, Gauge, Histogram


def switch_off() -> None:
    def nothing(self: Any, *_values: Any, **_labels: Any) -> Any:
        return self

    for instrument, methods in (
        (Counter, ("inc", "labels")),
        (Gauge, ("set", "inc", "dec", "labels")),
        (Histogram, ("observe", "labels")),
    ):
        for method in methods:
            setattr(instrument, method, nothing)


if __name__ == "__main__":
    switch_off()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
