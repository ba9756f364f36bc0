"""One file, one class, one verb: load, decide, save, announce."""
