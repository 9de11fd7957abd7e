"""``python -m cti_bridge`` is the console command."""

from cti_bridge.cli import main

main()
