"""Makes room for as many connections as are allowed: each is an open file of this process."""

import resource

# For the database, the log, the city's files, and connections that are being refused.
_RESERVE = 512


def raise_file_limit(connections: int) -> int:
    """Allow this process as many open files as *connections* need and the system lets it; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = connections + _RESERVE
    if hard != resource.RLIM_INFINITY:
        target = min(target, hard)
    if soft != resource.RLIM_INFINITY and soft < target:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
        return target
    return target if soft == resource.RLIM_INFINITY else soft


def connections_for(files: int, requested: int) -> int:
    """How many of *requested* connections fit beside what else is open, at least half of *files*."""
    return min(requested or files, max(files - _RESERVE, files // 2))
