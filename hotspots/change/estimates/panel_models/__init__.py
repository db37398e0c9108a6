"""Difference in differences over periods: did hot spots change otherwise than the places they are compared with?

The *panel* has one row per unit and period: ``unit`` text, ``group`` "treated" or "comparison", ``period`` whole number
in order, ``post`` bool, ``exposure`` (part of the period that data cover, 0 < e ≤ 1), ``count``, ``harm`` (days).
Periods without data are absent, never zero.

One model for all: log E(y) = unit + period + log exposure + xβ, fitted by Poisson pseudo-likelihood, which asks only
that the *mean* is right: counts may vary more than Poisson, harm days need not be whole (Santos Silva & Tenreyro 2006,
doi:10.1162/rest.88.4.641). Effects of units and periods are swept out as weighted least squares does it, so a fit takes
milliseconds (the idea of Correia, Guimarães & Zylkin 2020, doi:10.1177/1536867X20909691).

**Intervals.** Periods of one unit are not independent, so errors are clustered by unit. The usual sandwich is too
narrow with the few units a force has. Here each unit's part is scaled up to what a Poisson model with its leverage
says was lost by fitting (bias-reduced linearisation, CR2, by coefficient), and t has the degrees of freedom of Bell and
McCaffrey, found from the design (Imbens & Kolesár 2016, doi:10.1162/REST_a_00552; Pustejovsky & Tipton 2018,
doi:10.1080/07350015.2016.1247004). Of the corrections tried it alone kept 93–97% from 5 + 5 to 14 + 100 units; the
table stands in the recovery tests. With two or three treated units it errs on the wide side.
"""

from hotspots.change.estimates.panel_models.before_start import pre_trend
from hotspots.change.estimates.panel_models.difference import did
from hotspots.change.estimates.panel_models.naive import before_after
from hotspots.change.estimates.panel_models.randomisation import randomisation_p

__all__ = ["before_after", "did", "pre_trend", "randomisation_p"]
