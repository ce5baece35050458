"""Scripts that record other tools import those tools: they are no tests, and hold no examples."""

collect_ignore_glob = ["record_*.py"]
