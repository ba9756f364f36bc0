"""`python -m bootstrap` is the `fairseat` command."""

from bootstrap.cli import main

main()
