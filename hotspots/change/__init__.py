"""Change: did crime or harm in the hot spots change, compared with what?

Places are chosen because they were bad, so they get better by themselves: no change figure stands without a comparison
or the fall that selection alone would bring.

From a question to its answer: `question`, `settling` → `counting` → `places`, `rings`, `matching` → `evidence` →
`estimates`, `tables` → `dose`, `context` → `words` → `workspace` (start reading there).

Statistics on plain tables, which know nothing of workspaces, stand in `estimates` (and in `dose.response`: outcome
beside minutes):

- `panel`: incidents as places × periods; `panel_models`: difference in differences over periods; `model`: the fit
- `expected_fall`: regression to the mean, and what a count says of the rate behind it
- `from_expected`: change from what was to be expected
- `wdd`: weighted displacement difference; `small_counts`: two Poisson counts
- `rows`: all of them as one table
"""
