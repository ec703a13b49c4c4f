"""rosbag2 and clip folders as records, without ROS installed."""
