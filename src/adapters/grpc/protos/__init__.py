"""The messages between services: *.proto are written by hand, *_pb2.py by `make protos`."""
