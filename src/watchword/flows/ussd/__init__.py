"""USSD: the menu on a plain telephone, by way of a mobile network's gateway.

    dialled              -> 1 code by text, 2 code by mail, 3 I have a code, 9 language
    1 or 2               -> the code is on its way; type it
    code                 -> the guess is counted; choose a PIN
    PIN                  -> weak ones are refused; once more
    PIN once more        -> the new PIN holds

The gateway posts `sessionId`, `phoneNumber`, `serviceCode` and `text` (a form or JSON); `text` is all that
was typed so far, joined by `*`. The answer is plain text: `CON` and a screen that goes on, or `END` and the
last. A screen has at most 182 characters of the GSM alphabet (3GPP TS 23.038), that word counted. Arabic
needs a gateway that carries UCS-2 (`USSD_UCS2`), and has 80 characters then; else French stands in for it.

We keep where a session is (docs/flows/records/ussd_sessions) and compare what the gateway repeats with what
it said before, by digest:

    nothing, session unknown                  the menu
    all of before and one more                the next step
    the same as before                        the same answer, and nothing happens
    nothing, the session is over              END: dial again; nothing happens, for a day
    anything else                             END; nothing happens, and who really dialled goes on

So a repeated, shortened, reordered or leaping post changes nothing, nor one of another number under the same
session id. Of two alike at once one acts, and both show its answer.

The gateway proves itself by `USSD_GATEWAY_SECRET`: by a signature (`X-Ussd-Timestamp`, `X-Ussd-Signature`:
HMAC-SHA-256 over timestamp, dot and body, in hex, five minutes old at most), or, where it cannot sign, as the
password of HTTP Basic, which is believed from `USSD_GATEWAY_NETWORKS` alone. Without a secret the door is not
there. Then the number is believed: whoever dialled holds that SIM. It may have been swapped: the number must
be proven for `PHONE_CHANGE_DELAY`, the account's mailbox is told of each new PIN, and the code by mail asks
for more than the SIM. What was typed is never logged, nor in any address.

In development `/dev/ussd` is a telephone in the browser, and `watchword dev ussd` one in the terminal.
Problem: `gateway_unknown`. Source: 3GPP TS 23.038, TS 22.090; the callback of Africa's Talking.
"""
