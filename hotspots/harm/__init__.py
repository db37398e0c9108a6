"""What an offence weighs: offences and selections, scoring, and the versioned weight sets."""
