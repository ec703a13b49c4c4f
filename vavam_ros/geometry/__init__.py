"""Plane geometry in numpy: poses and polylines."""
