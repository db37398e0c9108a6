"""What everything stands on: errors, settings, columns, months, patrol days, identities."""
