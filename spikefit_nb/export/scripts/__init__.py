"""Programs for other tools: copied beside the files they read, and run by a Python of their own."""
