"""`python -m neomag`."""

from neomag.cli import main

main(prog_name="neomag")
