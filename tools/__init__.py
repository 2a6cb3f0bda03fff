"""What `./run` does beyond starting and testing; not part of the installed package."""
