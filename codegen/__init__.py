"""The pipeline: vendored API pages in, a typed raw client out."""
