"""The NAS itself: what it is, how long it has been up, how busy."""
