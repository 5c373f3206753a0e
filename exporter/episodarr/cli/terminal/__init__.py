"""Text on a terminal or in a pipe: lines, colors, pages."""
