from pathlib import Path

from setuptools import find_packages, setup

NAME = 'vavam_ros'
VERSION = '0.1.0'

RUNTIME = [
    'setuptools',
    'torch>=2.5',
    'numpy>=1.21',
    'pillow>=9',
    'safetensors>=0.4',
    'pyyaml>=5.4',
    'rosbags>=0.11,<0.12',
    # rosbags needs these two itself; bags/ names their errors
    'apsw',
    'backports.zstd',
    'matplotlib>=3.5',
    'jinja2>=3.0',
    'scikit-image>=0.18',
    'scipy>=1.8',
]

# Jazzy built as wheels, for machines without a ROS 2 (x86_64 Linux): development, tests, the demo.
# One build fits another only by version, so each is pinned here and not only in the constraints.
ROS_WHEELS = [
    'ros-rclpy[fastrtps]==7.1.6',
    'ros-std-msgs==5.3.6',
    'ros-sensor-msgs==5.3.6',
    'ros-geometry-msgs==5.3.6',
    'ros-nav-msgs==5.3.6',
    'ros-std-srvs==5.3.6',
    'ros-diagnostic-msgs==5.3.6',
    'ros-visualization-msgs==5.3.6',
    'ros-trajectory-msgs==5.3.6',
    'ros-lifecycle-msgs==2.0.3',
    'ros-rosgraph-msgs==2.0.3',
    'ros-ament-flake8==0.17.3',
    'ros-ament-pep257==0.17.3',
    'ros-ament-lint==0.17.3',
    # what those three and `colcon build` need beside them and do not ask for themselves
    'flake8',
    'pydocstyle',
    'colcon-common-extensions',
]


def shared_files(folder: str) -> list[tuple[str, list[str]]]:
    """Pair every file under `folder` with its place in the installed share directory."""
    files = (path for path in sorted(Path(folder).rglob('*')) if path.is_file())
    kept = (path for path in files if '__pycache__' not in path.parts)
    return [(f'share/{NAME}/{path.parent}', [str(path)]) for path in kept]


setup(
    name=NAME,
    version=VERSION,
    description='Camera-only planning for ROS 2 with VaViM and VaVAM',
    license='Apache-2.0',
    maintainer='vavam_ros maintainers',
    maintainer_email='maintainers@vavam-ros.example',
    python_requires='>=3.10',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: ['weights/*/*', 'commands/templates/*']},
    zip_safe=False,
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        *shared_files('launch'),
        *shared_files('config'),
    ],
    install_requires=RUNTIME,
    extras_require={
        'ros': ROS_WHEELS,
        'simulation': ['panda3d>=1.10.13', 'av>=12'],  # the embedded world, and films of it
        'training': ['lightning-fabric>=2.4'],
        # colcon test runs pytest only where this list names it
        'ray': ['ray>=2.9'],  # evaluation on several machines
        'test': ['pytest>=7.4,<9', 'pytest-xdist>=3.2', 'hypothesis>=6.60', 'ray>=2.9'],
        'lint': ['ruff', 'mypy', 'import-linter', 'catkin_pkg', 'types-PyYAML'],
    },
    entry_points={
        'console_scripts': [
            'vavam = vavam_ros.__main__:main',
            'planner = vavam_ros.nodes.planner:main',
            'controller = vavam_ros.nodes.controller:main',
            'commander = vavam_ros.nodes.commander:main',
            'simulator = vavam_ros.nodes.simulator:main',
        ],
    },
)
