"""How the disk health model is trained and measured."""
