"""`python -m callcenter`: the same commands as `callcenter`."""

from callcenter.cli import main

main()
