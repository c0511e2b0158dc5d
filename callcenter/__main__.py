"""`python -m callcenter`: the same commands as `callcenter`."""

from callcenter.cli.main import main

main()
