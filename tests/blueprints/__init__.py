"""The blueprints, fired end to end."""
