"""The ROS 2 nodes: wire, convert, delegate."""
