"""A home server in a box: simulated systems on loopback, with faults to switch on."""
