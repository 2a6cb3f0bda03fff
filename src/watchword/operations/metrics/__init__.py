"""Metrics: all that is counted, told to Prometheus.

    GET /metrics        the text format 0.0.4; at METRICS_PORT alone when there is one
    GET /metrics/email-provider   what is told of letters alone, for the job of that name: 503 while no
                        carrier takes any, so that its `up` is 0
    job `metrics`       each second a process posts what it counted; whichever is asked tells all of it

METRICS_TOKEN: what a scrape must send as `Authorization: Bearer`. Nothing is looked up while somebody
scrapes: what only the database knows is looked at beforehand, so that the page is told when it is away.
"""
