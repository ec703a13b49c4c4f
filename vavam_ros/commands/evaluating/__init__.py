"""Parts of `vavam evaluate`."""
