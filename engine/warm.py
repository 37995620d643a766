"""Loads torch in a background thread without freezing the window. Imports torch only inside `load_torch`; starts no thread itself.

Three things freeze a GUI while `import torch` runs beside it: the dynamic loader, which `import` calls with the GIL held
(150-250 ms); the collector, which walks half a million young objects again and again (up to 250 ms); and the switch
interval. So the big libraries are opened first by a foreign call, which lets go of the GIL, the collector rests, and what
torch leaves behind is moved out of its sight (a full collection with torch loaded stops every thread for 200 ms).
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOADING_INTERVAL = 0.0005  # seconds; the window gets the GIL this often while modules are executed
LIBRARIES = (("torch_global_deps", True), ("torch", False))  # name, whether its symbols are for everybody (as torch does it)
ENGINE = ("engine.compile.analyse", "engine.data.load", "engine.train.loop", "engine.probe.tap")


def load_torch() -> tuple[tuple[str, ...], str]:
    """Imports torch and what the engine builds on it; returns the devices to choose from and words for the main one."""
    with calm_import(fresh="torch" not in sys.modules):
        open_libraries()
        importlib.import_module("torch")
        for name in ENGINE:
            importlib.import_module(name)
        first_operations()
    return devices()


@contextmanager
def calm_import(*, fresh: bool) -> Iterator[None]:
    """No collections and a short switch interval inside; if `fresh`, all objects alive are then kept out of later collections."""
    interval, collecting = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(min(interval, LOADING_INTERVAL))
    gc.disable()
    try:
        yield
    finally:
        if fresh:
            gc.freeze()
        if collecting:
            gc.enable()
        sys.setswitchinterval(interval)


def open_libraries() -> None:
    """Opens torch's shared libraries with the GIL released. Where that is not possible, the import does it as usual."""
    spec = importlib.util.find_spec("torch") if "torch" not in sys.modules else None
    if spec is None or spec.origin is None or os.name == "nt":  # on Windows torch's own loading is a foreign call already
        return
    folder = Path(spec.origin).parent / "lib"
    suffix = "dylib" if sys.platform == "darwin" else "so"
    try:
        dlopen = ctypes.CDLL(None).dlopen
    except (OSError, AttributeError):
        return
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name, everybody in LIBRARIES:
        path = folder / f"lib{name}.{suffix}"
        if path.exists():
            dlopen(os.fsencode(path), os.RTLD_GLOBAL | os.RTLD_NOW if everybody else os.RTLD_LAZY)


def first_operations() -> None:
    """The first of each kind costs hundreds of times the second: one on the meta device, one convolution with its gradient."""
    import torch

    torch.empty(2, 3, device="meta").add(1)
    torch.cat([torch.empty(2, device="meta")] * 2)  # brings torch._dynamo, which the first class token or optimizer step would wait for
    image, kernel = torch.zeros(1, 1, 8, 8), torch.zeros(2, 1, 3, 3, requires_grad=True)  # N C H W · F C kh kw
    torch.nn.functional.conv2d(torch.empty(1, 1, 8, 8, device="meta"), torch.empty(2, 1, 3, 3, device="meta"))
    torch.nn.functional.conv2d(image, kernel).sum().backward()


def devices() -> tuple[tuple[str, ...], str]:
    """What training can run on, and words for it: (("cpu",), "CPU · 2 threads")."""
    import torch

    threads = torch.get_num_threads()
    label = f"CPU · {threads} thread{'s' if threads > 1 else ''}"
    if not torch.cuda.is_available():
        return ("cpu",), label
    return ("cpu", "cuda"), torch.cuda.get_device_name()
