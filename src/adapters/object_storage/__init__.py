"""Bytes in a folder of this machine, or in a bucket of whoever speaks S3."""
