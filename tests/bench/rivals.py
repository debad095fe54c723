"""Other tunnels, on the same topology as ours."""

ALL = {}
