"""What each cell's past says about its next months, and how sure that is (the model: `model.py`)."""
