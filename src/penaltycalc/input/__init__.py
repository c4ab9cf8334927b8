"""Turns what people and programs send (JSON, flat texts, words) into typed requests; may not know HTTP or files."""
