"""Runs a module as a child of the demo: ``python -m scripts.demo_house.child MODULE [ARGUMENT …]``.

A child that outlived a killed demo would hold its ports and its folder, so on Linux the kernel is
asked to end it together with its parent. Home Assistant's own module is started the way ``hass``
starts it, without the platforms named below.
"""

import ctypes
import os
import runpy
import signal
import sys
from types import ModuleType

_PR_SET_PDEATHSIG = 1

# Home Assistant sets these up in every installation. Their packages must be compiled (voice) or are
# of no use to this house: without them the demo needs no compiler and starts sooner.
LEFT_OUT = frozenset(
    {
        "ai_task",
        "analytics",
        "assist_satellite",
        "backup",
        "camera",
        "image_processing",
        "infrared",
        "marketplace",
        "radio_frequency",
        "stt",
        "tts",
        "wake_word",
    }
)

# It imports them all the same, to describe its actions to the page; nothing here ever uses the
# one name that it takes from each of these packages.
STAND_INS = {
    "pymicro_vad": "MicroVad",
    "pyspeex_noise": "AudioProcessor",
    "turbojpeg": "TurboJPEG",
}


def _end_with_parent(parent: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the demo ended before its child began")


def _leave_out() -> None:
    from homeassistant import bootstrap  # noqa: PLC0415 - only the child that is Home Assistant has the second to import it

    bootstrap.DEFAULT_INTEGRATIONS.difference_update(LEFT_OUT)
    for package, name in STAND_INS.items():
        stand_in = ModuleType(package)
        setattr(stand_in, name, type(name, (), {}))
        sys.modules[package] = stand_in


def main() -> None:
    """Become the module; the demo's process id stands first among the arguments."""
    _, parent, module, *arguments = sys.argv
    _end_with_parent(int(parent))
    if module == "homeassistant":
        _leave_out()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
