"""Randomised trials of patrols: which hot spot is patrolled on which day, randomised and frozen before it starts.

*Crossover*: every hot spot is its own comparison, patrolled on random days and left alone on the others, as in Thames
Valley, Southend (20 hot spots × 90 days, 720 patrolled and 1,080 not) and Bedfordshire (21 × 90, 630 and 1,260).
*Cluster*: each hot spot is patrolled for the whole time or not at all; slower to learn from, but it can see effects
that outlast the day.

A crossover schedule keeps, exactly: the same number of patrolled days for every hot spot; in every block of days the
same number too, or, where the share of the block is no whole number, numbers that differ by one at most, staggered so
that in no block all hot spots have more days than in another; an even number of hot spots patrolled from day to day in
each BCU (they differ by one at most), never above its capacity; at most ``longest_run`` patrolled days in a row, across
blocks too; nothing on days off. Among all schedules that keep these rules one is drawn by a long chain of swaps: two
hot spots exchange a random part of the days on which they differ, and the swap stands only if the rules still hold.
Swaps are symmetric, so that every schedule that the chain can reach is equally likely (the "curveball" swap: Strona et
al. 2014, doi:10.1038/ncomms5114; uniform: Carstens 2015, doi:10.1103/PhysRevE.91.042812). The start is a round robin;
the chain also shortens runs where they are too long.

When it misleads: a crossover cannot see an effect that lasts into the next day (leave days out after a patrolled one,
``washout_days``); officers who know tomorrow's list may patrol it today; an event in one hot spot can move to another.
"""
