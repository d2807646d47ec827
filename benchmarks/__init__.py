"""The program's figures, measured against something else in the same run: ratios travel, seconds do not."""
