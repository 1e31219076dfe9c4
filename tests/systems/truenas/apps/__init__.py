"""Apps of TrueNAS."""
