"""The alerts of the NAS: how many, how bad, and what is new."""
