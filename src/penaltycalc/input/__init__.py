"""From what people and programs send to typed requests; knows no HTTP and calculates nothing."""
