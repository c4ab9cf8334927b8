"""Pure functions: request + rulebook + calendar -> answer; know no clock, no file and no HTTP."""
