"""What incidents alone tell: concentration, near repeats, hours of the week."""
