"""Virtual machines and containers of TrueNAS."""
