"""The monitor: watch a service from beside it, and tell people when it is down.

    each minute   `/health` is asked: well is what answers 200, and nothing else
    not well      what --on-fail says is run (a restart, say): at the first failure of an outage, then at the
                  second, fourth, eighth ... so that nothing is restarted in a loop; ended after 90 s
    30 s later    it is asked again; still down: one alert, to ALERT_WEBHOOK_URL (Slack reads it, too)
                  and by a letter to ALERT_EMAIL, and none again while the outage lasts; one that nobody
                  took is told again in the next round
    well again    one word of that to the same

`watchword health monitor` does so until it is stopped; --once makes one round, for a timer, and keeps in
--state what it told already. Where an orchestrator restarts what is not well, leave --on-fail out.
The letter goes straight to a carrier: the service's own queue may be what is down.
Ledger: R-68, R-69, D-51.
"""
