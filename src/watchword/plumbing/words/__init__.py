"""Words: what people read, in their language.

languages        English, French and Arabic words by slug, and whose words to use
dates            dates in words
consent_texts    what people agree to, word for word, in versions that are kept
templating       templates compiled once in a process
"""
