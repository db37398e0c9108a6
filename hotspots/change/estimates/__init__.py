"""Every estimate of the same change, each with its interval."""
