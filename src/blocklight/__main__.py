"""``python -m blocklight`` is the command line."""

from blocklight.cli import main

main()
