"""Threads for what blocks, apart by what it is for: a feed that hangs holds no push up, nor the reverse."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

POLLING = ThreadPoolExecutor(4, thread_name_prefix="poll")
PUSHING = ThreadPoolExecutor(2, thread_name_prefix="push")
UPKEEP = ThreadPoolExecutor(3, thread_name_prefix="upkeep")


async def in_thread(threads: Executor, work: Callable[..., T], *args: object) -> T:
    """Run *work* in one of *threads*."""
    return await asyncio.get_running_loop().run_in_executor(threads, work, *args)
