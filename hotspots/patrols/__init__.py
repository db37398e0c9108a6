"""Who patrolled where: positions, visits, the patrol log and its form, and the dose that follows."""
