"""hat-clinic: supervised dosing, the controlled-drug register and its proof."""

__version__ = "0.1.0"
