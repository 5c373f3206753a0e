"""Have the C library give memory back to the system that large answers leave behind.

glibc keeps freed memory for the next allocation, and after a few large buffers takes even those
from its heap, where what is small and stays comes to lie between them. Other C libraries have
neither function, and nothing happens.
"""

import ctypes

LARGE_BYTES = 131_072
"""A buffer of this size, such as a page of a list, is mapped by itself and unmapped with its end."""
_M_MMAP_THRESHOLD = -3


def map_large_buffers() -> bool:
    """Keep large buffers out of the heap, whatever came before; whether that can be had."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES))


def trim() -> bool:
    """Give back whole pages of the heap that are free; whether there were any."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return malloc_trim is not None and bool(malloc_trim(0))
