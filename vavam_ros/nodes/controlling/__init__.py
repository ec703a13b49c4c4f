"""The nodes `controller` and `commander`: from paths to control, from a route to commands."""
