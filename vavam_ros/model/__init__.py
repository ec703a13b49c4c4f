"""VaViM and VaVAM, exactly (arXiv 2502.15672); no ROS in it."""

from vavam_ros.model.loading import load_vavam, load_vavim
from vavam_ros.model.vavam import VaVAM
from vavam_ros.model.vavim import VaViM

__all__ = ['VaVAM', 'VaViM', 'load_vavam', 'load_vavim']
