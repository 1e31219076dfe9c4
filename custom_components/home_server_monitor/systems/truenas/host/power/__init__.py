"""Restarting the NAS and shutting it down."""
