"""The version, for `omnirun.__version__` and for the build."""

__version__ = "0.1.0"
