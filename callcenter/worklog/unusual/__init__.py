"""Reports of unusual customers (W4)."""
