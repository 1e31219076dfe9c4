"""The demo: Home Assistant itself, this integration, and the lab's house, in one command.

``__main__`` reads the options and ends well; ``house`` brings everything up in order; the other
modules each know one of its parts.
"""
