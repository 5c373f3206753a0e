"""Have the C library give memory back to the system that large answers leave behind.

glibc keeps freed memory for the next allocation, and after a few large buffers takes even those
from its heap, where what is small and stays comes to lie between them. Other C libraries have
neither function, and nothing happens.
"""

import ctypes

LARGE_BYTES = 69_632
"""A buffer of this size, such as an answer about one series, is mapped by itself and unmapped with
its end. More than the 64 KiB of zlib's, which would be mapped for each block that is compressed."""
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def keep_heap_small() -> bool:
    """Keep large buffers out of the heap, and one heap for all threads; whether that can be had.

    A heap for each thread spares them waiting for each other, which the interpreter's lock has them
    do anyway.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)) and bool(mallopt(_M_ARENA_MAX, 1))


def trim() -> bool:
    """Give back whole pages of the heap that are free; whether there were any."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return malloc_trim is not None and bool(malloc_trim(0))
