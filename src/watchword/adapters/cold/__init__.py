"""Cold storage: where what is seldom read is kept for long.

folder   files in a folder, each with its checksum beside it
s3       objects of Amazon S3, or of whatever speaks like it
"""
