"""The law as typed records, read from law/ and wording/; knows no requests and no holidays."""
