"""What a result file says of the machine, and of what was built."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_FLAGS = "sse2 sse4_2 avx avx2 bmi2 fma avx512f avx512bw avx512dq avx512vl avx512_vbmi2 asimd sve sve2"


def _field(path: str, name: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(rf"^{re.escape(name)}\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def _told(*command: str) -> str:
    try:
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return told.stdout.strip()


def about() -> dict[str, Any]:
    """Processor, memory, system."""
    model = _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()
    flags = (_field("/proc/cpuinfo", "flags") or _field("/proc/cpuinfo", "Features")).split()
    memory = _field("/proc/meminfo", "MemTotal").split()
    return {
        "cpu": model,
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
        "cpu_flags": [flag for flag in _FLAGS.split() if flag in flags],
        "caches": {
            line.split(":")[0].strip(): line.split(":")[1].strip()
            for line in _told("lscpu").splitlines()
            if re.match(r"\s*L\w+ cache", line)
        },
        "memory_gib": round(int(memory[0]) / 2**20, 1) if memory else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def name() -> str:
    """A name for the kind of machine, not for this one."""
    model = re.sub(r"\([^)]*\)|@.*|\b(cpu|processor)\b", " ", str(about()["cpu"]).lower())
    words = re.findall(r"[a-z0-9]+", model)
    return "-".join([*words, f"{os.cpu_count()}cpu"])


def stamp() -> dict[str, Any]:
    """What ripplemark is built from, at the time at which it is built."""
    sources = "src core float-env py/src py/python cli/src ffi-c/core/src Cargo.toml Cargo.lock".split()
    changed = _told("git", "status", "--porcelain", "--", *sources)
    return {
        # The last commit that touched what is built, so that a change of a page does not look like another engine.
        "commit": _told("git", "log", "-1", "--format=%h", "--abbrev=12", "--", *sources),
        "changed_since": sorted(line[3:] for line in changed.splitlines()),
        "rustc": _told("rustc", "--version"),
        "profile": "release: thin LTO, one codegen unit, default target processor",
    }


def built() -> dict[str, Any]:
    """The stamp that `make bench-ready` left beside the wheel it installed."""
    try:
        return dict(json.loads((Path(sys.prefix) / "built.json").read_text(encoding="utf-8")))
    except OSError:
        return {"commit": "unknown", "changed_since": [], "rustc": "", "profile": "unknown"}


def versions() -> dict[str, str]:
    """Versions of what is installed of requirements.txt, and of ripplemark."""
    names = re.findall(r"^([\w-]+)==", Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8"), re.M)
    found = {"python": sys.version.split()[0]}
    for package in ["ripplemark", *names]:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    print(json.dumps(stamp()))
