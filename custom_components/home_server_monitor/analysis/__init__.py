"""Pure functions on models: no I/O, no Home Assistant, no clock of their own."""
