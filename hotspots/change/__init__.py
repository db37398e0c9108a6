"""Change: did crime or harm in the hot spots change, compared with what?

Places are chosen because they were bad, so they get better by themselves: no change figure stands without a comparison
or the fall that selection alone would bring. Functions here take plain tables and know nothing of workspaces.

- `panel`: incidents as places × periods; `rings`: the ground around each hot spot; `matching`: places like them
- `wdd`: weighted displacement difference; `small_counts`: two Poisson counts
- `panel_models`: difference in differences over periods; `dose_response`: outcome beside minutes
- `expected_fall`: regression to the mean; `trials`: designs, and what they show
"""
