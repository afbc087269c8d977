"""Work handed in by commit on GitHub: believed by signature, fetched as data, told by a check run.

routes      a webhook's event or a workflow's token comes in
events      what a signed event says            claims   what a signed token says
fetching    a commit's files, taken as submissions, and what becomes of them, told
client      what is asked of GitHub             checks   a report as a check run's requests
"""
