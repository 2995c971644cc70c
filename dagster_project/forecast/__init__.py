"""What a quota year will come to: the forecast, and how it is tried on years that are known."""
