"""Checks paths and reference systems on a command line, before a command does anything."""

import os
from pathlib import Path
from typing import Annotated

import typer


def existing_file(path: Path | None) -> Path | None:
    """A file to read; raises ``typer.BadParameter`` for a missing one, a folder, or one that is closed."""
    if path is None:
        return None
    try:
        if path.is_dir() and path.suffix != ".gdb":  # Esri's file geodatabases are folders
            raise typer.BadParameter(f"{path}: a folder; name a file")
        if not path.exists():
            raise typer.BadParameter(f"{path}: no such file")
    except OSError as error:  # a folder above it that this user may not enter, or a name that is too long
        raise typer.BadParameter(f"{path}: {_reason_of_os_error(error)}") from None
    if not os.access(path, os.R_OK):
        raise typer.BadParameter(f"{path}: permission denied: this user may not read it")
    return path


def file_to_write(path: Path | None) -> Path | None:
    """A file to write into a folder that exists; raises ``typer.BadParameter`` where that cannot be."""
    if path is None:
        return None
    try:
        if path.is_dir():
            raise typer.BadParameter(f"{path}: a folder; name a file in it")
        if not path.parent.is_dir():
            raise typer.BadParameter(f"{path.parent}: no such folder; create it first")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {_reason_of_os_error(error)}") from None
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise typer.BadParameter(f"{path}: permission denied: this user may not write it")
    return path


def folder(path: Path | None) -> Path | None:
    """A folder, or the name of one to create; raises ``typer.BadParameter`` where neither can be."""
    if path is None:
        return None
    try:
        # The nearest that exists decides: what lies below it has yet to be created.
        nearest = next(above for above in (path, *path.absolute().parents) if above.exists())
    except OSError as error:
        raise typer.BadParameter(f"{path}: {_reason_of_os_error(error)}") from None
    if not nearest.is_dir():
        raise typer.BadParameter(f"{nearest}: a file; name a folder")
    return path


def reference_system(name: str | None) -> str | None:
    """The name of a coordinate reference system; raises ``typer.BadParameter`` for an unknown one."""
    from blocklight.config.reference_names import is_known  # noqa: PLC0415 - `--help` need not load it

    if name is not None and not is_known(name):
        raise typer.BadParameter(f"{name!r} is not a reference system; expected one such as EPSG:2227")
    return name


def _reason_of_os_error(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        callback=folder,
        help="Folder for the database and the key of the public ids. Default: ./data/CITY.",
    ),
]
