"""Events: what others are told of the facts in the journal, as CloudEvents.

    catalogue   which facts are public, the shape of what they tell, and its version
    audience    who is told of which, as the settings say
    envelope    a row of the journal as a CloudEvent in JSON
    schemas     the JSON Schema of each event, for those who read them

An event says of a fact only what the catalogue names: ids and plain words, never a secret, a code, an
address or a telephone number. Its id is that of the row, so it stays the same however often it is sent.
Source: CloudEvents 1.0.2, with its JSON format.
"""
