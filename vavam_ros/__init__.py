"""Camera-only planning for ROS 2 with VaViM and VaVAM."""

__version__ = '0.1.0'
