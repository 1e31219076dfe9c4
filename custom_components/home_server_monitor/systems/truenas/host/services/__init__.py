"""The services of the NAS, such as SMB and SSH: which run, and how to start and stop them."""
