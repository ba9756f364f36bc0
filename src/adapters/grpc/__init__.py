"""Services between processes, over gRPC: the server and the clients of the published contracts."""
