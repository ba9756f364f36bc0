"""Traces, by OpenTelemetry. Nothing here is loaded unless the settings name a collector."""
