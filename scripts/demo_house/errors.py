"""What can go wrong in the demo, in words for the person who started it."""


class DemoError(Exception):
    """The demo cannot be started or cannot go on; the text says why and what to do."""
