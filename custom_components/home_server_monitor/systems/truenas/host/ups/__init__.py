"""A UPS that the NAS watches itself, so that nobody needs a NUT server for it."""
