"""`python -m opsnb` is the command line."""
from opsnb.cli import main

main()
