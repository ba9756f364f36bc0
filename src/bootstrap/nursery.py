"""`python -m bootstrap.nursery`: forks a process for each `fairseat` command that it is told to run."""

import sys
from collections.abc import Sequence

import bootstrap.gateway
import bootstrap.runtime
from adapters.embedded.nursery import tend
from bootstrap.cli import main

LOADED = (bootstrap.gateway, bootstrap.runtime)
"""What is loaded here, once, so that no process that is forked has to; but for gRPC, which is not to be forked."""


def run_command(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    sys.argv = ["fairseat", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    tend(run_command)
