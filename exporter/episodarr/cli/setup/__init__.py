"""Commands that write a configuration, and check it against the systems.

init      asks `questions`, tries each answer; `written` is the file
check     every system by `reaching`, every folder by `folders`; each result is one of `findings`
mounted   where a folder of Sonarr's lies on this machine
suggested the lines that are missing
"""
