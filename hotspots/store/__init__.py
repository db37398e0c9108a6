"""What is kept: bulk facts in Parquet, what people edit in SQL."""
