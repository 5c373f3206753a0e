"""Four Grafana dashboards as Python: the source of grafana/dashboards and grafana/import."""
