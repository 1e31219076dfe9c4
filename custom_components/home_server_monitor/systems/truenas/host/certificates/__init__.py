"""The certificates of the NAS, and how long they last."""
