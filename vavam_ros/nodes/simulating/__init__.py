"""The node `simulator`: the embedded world behind the topics of the CARLA ROS bridge."""
