"""Where pull requests, issues and jobs live: GitHub and GitLab, behind one Protocol.

Standard library only: the job that may write runs this from a bare checkout of the default
branch and installs nothing.
"""
