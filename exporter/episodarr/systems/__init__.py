"""The five systems and the disk: each folder knows one of them, and gives model records or an error.

Every `client.py` does I/O and nothing else; every `wire.py` is pure and alone knows that system's
field names. Errors are always `episodarr.errors.UpstreamError`; nothing here answers "there is none"
after a failed request or read.
"""
