"""How a loop is compiled: without the interpreter's lock, and kept for the next session.

numba keeps the machine code of a kernel beside a hash of the kernel's own file. A kernel calls
others, though, of other files, and their code is built into its own. So what is kept is known here
by the content of all kernels: after an update of any of them, all are compiled anew.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

HERE = Path(__file__).parent
SOURCES = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(HERE.glob("*.py")))).digest()


def compiled(**options: Any) -> Callable[[Callable], Callable]:
    """Compile a function on its first call, with options of numba's ``njit``."""

    def compile_later(function: Callable) -> Callable:
        kernel = njit(nogil=True, cache=True, **options)(function)
        if kernel is not function:  # as it is with NUMBA_DISABLE_JIT
            _kept(kernel)._source_stamp = SOURCES
        return kernel

    return compile_later


def is_compiled(kernel: Any) -> bool:
    """Tell whether a kernel is ready to run, in this session or from an earlier one."""
    return not hasattr(kernel, "signatures") or bool(
        kernel.signatures or _kept(kernel)._load_index()
    )


def _kept(kernel: Any) -> Any:
    """Name the file in which numba keeps a kernel; numba has no public name for it."""
    return kernel._cache._cache_file
