"""`python -m omnirun.cli`: the command, where no script is on the path."""

from omnirun.cli import main

main()
