"""Deliveries: letters on their way, from the transaction that asks for one to the carrier.

    queue    within the flow's transaction: template, address and facts, sealed, into the outbox
    carry    the worker: claim, render, hand over, settle

A letter that has expired is never sent; a carrier that did not accept is tried again, later each time,
with the same Message-ID; after eight tries it is buried with the reason. Who wrote what to whom is
wiped when it is settled. Source: RFC 5321, section 4.5.4 (retries).
"""
