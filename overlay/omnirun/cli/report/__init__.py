"""The report: one HTML page with everything in it, drawn in the browser by Apache ECharts from embedded data."""
