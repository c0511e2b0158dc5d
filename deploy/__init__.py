"""What a machine needs to build, run and describe the centre."""
