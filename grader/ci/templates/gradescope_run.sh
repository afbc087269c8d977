#!/usr/bin/env bash
# Gradescope runs this for every submission. Without results.json it reports a failure of the
# autograder and records no score: a fault of ours is never a zero.
set -u
root="${AUTOGRADER_ROOT:-/autograder}"
rm -f "$root/results/results.json"
exec "$root/venv/bin/python" -I -m grader.ci.run_autograder gradescope "$root"
