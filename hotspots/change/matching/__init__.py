"""Comparison places for treated hot spots, chosen by what was known before the start, and by nothing later.

No table here holds a period after the start, so no outcome can steer the choice. The result is hashed: freeze
`frozen_text` before the outcome is seen, and anybody can show later that the comparison was not picked to please.

**Regression to the mean.** Hot spots are chosen for a bad spell. Their count before is partly bad luck, and the luck
does not last. Match on that same count, and the comparison places are lucky or unlucky in another measure than the
treated: both fall back, by different amounts, and the difference looks like an effect (Daw & Hatfield 2018
doi:10.1111/1475-6773.12993). So places are matched on their *expected* count and harm, drawn towards that of other
places (`hotspots.ranking.expected`), not on the count itself. What that does and does not correct:

- What comes after differs from the expected level by luck alone, whoever was chosen and matched on it. So a change
  counted from the expected level, (after − expected) of the treated less that of the comparison, is unbiased.
- A change counted from the raw count of a period that was looked at when choosing or matching is *not* corrected by
  any matching: the top 20 have no equals among the rest. `Match.regression` gives what it would show if nothing were
  done (built_in). Either take a later period as baseline, that neither the choice nor the expected level has seen, or
  report built_in beside the estimate.
- Both hold only where the expected level was made of everything that choosing and matching looked at.

Simulated stable places, 20 treated, nothing done (tests/recovery/test_change_matching_recovery.py has the figures):
with an untouched baseline, matching on the expected level of the time before it shows no change, as it should; matching
on the raw count of the baseline itself shows a *rise* of about a sixth.

Matching in general, standardised differences, and what to report: Stuart 2010 doi:10.1214/09-STS313. A pre-period
check that finds nothing is weak evidence, above all after matching on the trend: Roth 2022 doi:10.1257/aeri.20210236.
"""
