"""The HTTP interfaces of the simulated systems, and the control port."""
