"""Tables to Vega-Lite specs that a test can read; nothing here draws or imports Streamlit."""
