"""The protocol, against the simulated TrueNAS over real sockets."""
