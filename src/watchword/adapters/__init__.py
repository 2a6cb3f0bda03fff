"""Floor 2: how we speak to the world. Only `app` may look here; everybody else sees a port.

mail, sms      carriers of letters and of texts
feedback       what carriers post to us
destinations   where events go
cache          where copies are kept for a while
counters       where hits under a limit are counted
storage        where the audit trail is put away, and backups are kept
secrets        who keeps secrets for us
aws            how a request to AWS is signed
sentry         errors, told without a word about people
identity_providers
               who else may say who somebody is
providers      what carriers by HTTPS have in common
guarded        HTTP to an address of an operator's, judged before each request
fetching       a small document by HTTPS, from an address that was judged
"""
