"""The pilot: camera frames in, plans and predicted frames out; no ROS in it."""
