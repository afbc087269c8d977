"""What a process needs of a machine to use its NVIDIA GPU: device files and driver libraries."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LIBRARY_FOLDERS = (
    "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64", "/usr/local/nvidia/lib",
    "/run/opengl-driver/lib",
)  # fmt: skip
"""Where driver libraries lie beside the system's own: WSL, hosted clusters, NixOS."""
MACHINE_FOLDERS = ("/sys/devices", "/sys/bus/pci", "/sys/module/nvidia")
"""Where a driver looks up the topology of the machine."""
PASSED_ON = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphics:
    """Paths that a box has to show for one program to reach the GPU; none for any other."""

    devices: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    """Folders, to be read only."""
    environment: tuple[tuple[str, str], ...] = ()


NO_GRAPHICS = Graphics()


def find_graphics(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> Graphics:
    """The GPU's files as far as they are there; everything is empty where there is none.

    A folder of LD_LIBRARY_PATH counts only if it holds a library of the driver.
    """
    devices = sorted(str(path) for path in (root / "dev").glob("nvidia*"))
    devices += [str(path) for path in [root / "dev/dxg"] if path.exists()]
    if not devices:
        return NO_GRAPHICS
    named = [each for each in environment.get("LD_LIBRARY_PATH", "").split(":") if each]
    folders = [str(root / each.lstrip("/")) for each in LIBRARY_FOLDERS]
    libraries = [each for each in dict.fromkeys((*folders, *named)) if _holds_driver(Path(each))]
    machine = [str(root / each.lstrip("/")) for each in MACHINE_FOLDERS]
    passed = {name: environment[name] for name in PASSED_ON if name in environment}
    if libraries:
        passed["LD_LIBRARY_PATH"] = ":".join(libraries)
    return Graphics(
        devices=tuple(devices),
        readable=(*libraries, *(each for each in machine if Path(each).is_dir())),
        environment=tuple(passed.items()),
    )


def _holds_driver(folder: Path) -> bool:
    return folder.is_absolute() and any(folder.glob("libcuda.so*"))
