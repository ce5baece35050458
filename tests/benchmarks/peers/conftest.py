"""Peers that need packages of their own are no doctests."""

collect_ignore = ["search_botorch.py"]
