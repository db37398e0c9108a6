"""What is stored: bulk facts in Parquet, what people edit in SQL."""
