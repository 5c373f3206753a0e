"""The four dashboards, and the panels that they are made of."""
