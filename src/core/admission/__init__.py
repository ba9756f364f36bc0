"""Admission: the right to enter. A sold seat becomes a pass, whose code a scanner can check offline."""
