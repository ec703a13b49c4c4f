"""Parts of `vavam diff`."""
