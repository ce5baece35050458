"""How a loop is compiled: without the interpreter's lock, and kept for the next session.

numba keeps the machine code of a kernel beside a hash of the kernel's own file. A kernel calls
others, though, of other files, and their code is built into its own. So what is kept is known here
by the content of all kernels: after an update of any of them, all are compiled anew. Where nothing
can be kept, or what was kept is damaged, a kernel is compiled for this session.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba import njit

HERE = Path(__file__).parent
SOURCES = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(HERE.glob("*.py")))).digest()


def compiled(**options: Any) -> Callable[[Callable], Callable]:
    """Compile a function on its first call, with options of numba's ``njit``."""

    def compile_later(function: Callable) -> Callable:
        try:
            kernel = njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # no folder to keep it in can be written to
            return njit(nogil=True, **options)(function)
        if kernel is not function:  # as it is with NUMBA_DISABLE_JIT
            _kept(kernel)._source_stamp = SOURCES
            kernel._cache.load_overload = _or_none(kernel._cache.load_overload)
            kernel._cache.save_overload = _or_none(kernel._cache.save_overload)
        return kernel

    return compile_later


def is_compiled(kernel: Any) -> bool:
    """Tell whether a kernel is ready to run, in this session or from an earlier one."""
    if not hasattr(kernel, "signatures") or kernel.signatures:
        return True
    return hasattr(kernel._cache, "_cache_file") and bool(_or_none(_kept(kernel)._load_index)())


def _or_none(keep: Callable) -> Callable:
    """Keep or bring back, and where that fails, as on a full disk, do nothing."""

    def tried(*arguments: Any) -> Any:
        with suppress(Exception):
            return keep(*arguments)

    return tried


def _kept(kernel: Any) -> Any:
    """Name the file in which numba keeps a kernel; numba has no public name for it."""
    return kernel._cache._cache_file
