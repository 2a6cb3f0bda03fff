"""Archives: files that leave this machine, sealed so that only the holder of a key reads them.

age         encrypt a stream to recipients, decrypt it with an identity (the format of the tool `age`)
measured    streams that count and digest what passes, and that can be told to stop
poured      what is written into a stream, read as it comes
sealed      a stream into an encrypted file, and out of it
tar         files of a configuration as one stream, and out of it again
"""
