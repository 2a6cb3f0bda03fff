"""Destinations of events.

    kafka     one topic, keyed by account; an idempotent producer, every broker in sync has it
    amqp      a durable topic exchange; publisher confirms; what no queue takes comes back
    webhook   a signed POST to an address that was looked up and judged before

All keep to one contract: `publish` returns once the destination has the event for good.
"""
