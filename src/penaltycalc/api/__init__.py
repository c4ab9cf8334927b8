"""The service: thin routes over the calculations."""
