"""Identity providers, each asked by HTTPS through the guarded client; nothing that they give us is kept.

asking       one question and its answer as JSON, within bounds of time and size
told         what one says, read into values that may go anywhere
discovery    an OpenID provider's own description, and its keys
id_token     what an identity token says, once all of it holds
oidc         any OpenID provider; Google and LinkedIn with what is theirs
github       GitHub, which is no OpenID provider
"""
