"""Letters: from a folder of templates and some facts to a message.

forms         what each letter is made from, as its folder says
writing       a letter, rendered in the reader's language within the one layout (`templates/`)
addressing    the name by which it greets somebody, or none
overrides     an operator's own words in place of ours
checks        what those words may be: templates of few words
plain         HTML of which no reader could take a piece for something else
readings      every letter that their conditions can come to
html          and what their HTML may be: it only says something
links         where its links lead, and what may be read on them
styles        how words may look, so that none is hidden
"""
