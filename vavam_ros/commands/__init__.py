"""The sub-commands of `vavam`: parse, assemble, run."""
