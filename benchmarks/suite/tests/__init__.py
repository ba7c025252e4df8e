"""Unit tests of the suite's pure parts, and of its processes against small stand-ins."""
