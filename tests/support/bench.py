"""Figures as `make bench` writes them, for every part, with the largest sizes."""

from typing import Any

from bench.synth import LIMIT, Size


def usage(seconds: float, memory: int | None) -> dict[str, Any]:
    """Return what a command took."""
    processes = None if memory is None else 37
    return {
        "runs": 3,
        "seconds": seconds,
        "cpu_seconds": 2 * seconds,
        "memory": memory,
        "processes": processes,
    }


def synth_part(fast: float = 2.5, stock: float = 25.0, memory: int | None = 10**9) -> Any:
    """Return a part where these are the wall times for 34 Regions, in seconds."""
    sizes = [Size(1), Size(17), Size(34), Size(17, accounts=10)]
    return {
        "rounds": 3,
        "limit": LIMIT,
        "ways": {
            "fast": {"title": "`python main.py`", "lacks": ""},
            "stock": {"title": "stock bindings", "lacks": ""},
            "cdktn": {"title": "CDK Terrain", "lacks": "not installed: run `make setup`"},
        },
        "import": usage(0.8, memory),
        "sizes": [
            {
                "title": size.title,
                "accounts": size.accounts,
                "regions": size.regions,
                "resources": 100 * size.regions * size.accounts,
                "ways": {
                    "fast": usage(fast * size.regions * size.accounts / 34, memory),
                    "stock": usage(stock * size.regions * size.accounts / 34, memory),
                },
                "ratios": [0.9 * fast / stock, fast / stock, 1.1 * fast / stock],
            }
            for size in sizes
        ],
    }


def plan_part(memory: int | None = 12_345_000_000) -> Any:
    """Return a part with the state split in three ways."""
    steps = ("init", "plan", "apply", "refresh", "refresh-gogc-50", "refresh-gogc-20")
    return {
        "provider": "5.100.0",
        "rows": [
            {
                "regions": 34,
                "split": split,
                "stacks": 34,
                "resources": 1570,
                "steps": {step: usage(1234.5, memory) for step in steps},
            }
            for split in ("account", "area", "region")
        ],
    }


def commands_part(memory: int | None = 10**8) -> Any:
    """Return a part with two commands."""
    rows = [("status", "17 Regions"), ("sweep", "10,000 keys")]
    return {
        "provider": "5.100.0",
        "rows": [{"command": name, "size": size} | usage(321.0, memory) for name, size in rows],
    }


def burst_part(lost: int = 0) -> Any:
    """Return a part with so many lost keys."""
    return {
        "scenario": {"name": "1,000", "keys": 1000, "loses_every": None, "attacked": False},
        "scheduled": 67.0,
        "last_rescue": 240.5,
        "by_event": 1000 - lost,
        "by_patrol": 0,
        "lost": lost,
        "alerts_twice": 0,
        "storm": 61.0,
        "waiting": None,
        "attack": None,
        "is_suspended": True,
        "is_alarm_suspended": False,
    }


def organization_part(memory: int | None = 10**9, failed: int = 170) -> Any:
    """Return a part with one rate, where so many stacks are shown as failed."""
    row = {
        "rate": "5 a second",
        "accounts": 1000,
        "instances": 18000,
        "rows": 18002,
        "failed": failed,
        "calls": 1296,
        "throttled": 123,
    }
    return {"rows": [row | usage(1234.5, memory)]}


def measured(figures: Any, **changed: Any) -> dict[str, Any]:
    """Return a part as the JSON holds it."""
    machine = {
        "cores": 2,
        "memory": 8 * 10**9,
        "processor": "Example CPU",
        "system": "Example Linux 1",
        "load": 0.1,
        "python": "3.11.7",
        "node": "20.20.2",
        "terraform": "1.11.4",
    }
    whole = {"date": "2026-11-28", "minutes": 2.5, "quick": False, "machine": machine}
    return whole | {"load_at_end": 1.5, "figures": figures} | changed


def all_parts(memory: int | None) -> dict[str, Any]:
    """Return every part; with None, of a system that does not say how much memory there is."""
    return {
        "synth": measured(synth_part(memory=memory)),
        "plan": measured(plan_part(memory)),
        "commands": measured(commands_part(memory)),
        "burst": measured(burst_part()),
        "organization": measured(organization_part(memory)),
    }
