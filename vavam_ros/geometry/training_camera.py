"""The camera that the models were trained with: nuScenes' CAM_FRONT, and its twin in the town.

Real ones differ a little from one vehicle to the next. Of nuScenes' (v1.0, 1600x900, rectified):
focal lengths 1252.8 and 1266.4 px, middles at (827, 470) and (816, 492), looking 0.5 deg up and
0.3 deg down. The models saw them all as they are.
"""

from __future__ import annotations

from vavam_ros.geometry.mounted_camera import CameraMount
from vavam_ros.geometry.pinhole import Pinhole

TRAINING_HFOV_DEG = 64.6
TRAINING_CAMERA = Pinhole.from_horizontal_fov(1600, 900, TRAINING_HFOV_DEG)
TRAINING_MOUNT = CameraMount(x_m=1.70, y_m=0.0, z_m=1.51)
