#!/bin/sh
# PrairieLearn runs this for every submission, in the image that image/Dockerfile describes.
set -u
root="${GRADE_ROOT:-/grade}"
exec "${FAIRMARK_PYTHON:-/opt/fairmark/bin/python}" -I -m grader.ci.run_autograder prairielearn "$root"
