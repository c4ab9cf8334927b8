"""The working-day calendar and where its days come from; knows no law but the statutory holidays."""
