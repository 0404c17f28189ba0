"""Exceptions of the library: each message is one sentence that names the culprit and what is allowed.

The command line prints the message and exits; the nodes log it and stay up. Nothing here knows of ROS.
"""


class TacrefineError(Exception):
    """Base of every error that a user can cause or meet; ``str(error)`` is one sentence."""


class ConfigError(TacrefineError):
    """A YAML file or parameter is wrong: unknown key, value out of bounds, missing file."""


class ModelError(TacrefineError):
    """A trained model is missing, corrupt or was made for another hand."""


class DataError(TacrefineError):
    """A dataset, bag or recorded target cannot be used."""


class DamagedMessageError(DataError):
    """One message of a bag cannot be decoded; the others can."""


class SimulationError(TacrefineError):
    """A simulated world cannot be built or became unstable."""


class DeviceError(TacrefineError):
    """A device does not answer, or not what its protocol promises; it may come back, so drivers try again."""


class KinematicsError(TacrefineError):
    """Inverse kinematics found no joint positions within the limits that reach a pose."""


class TouchError(TacrefineError):
    """A tactile array or joint state is not what the hand's description promises."""
