#!/bin/sh
# What each part of the recipe contributes: the student with rationales as `rdrec train` makes it, then with one part left out at a time, on
# an invented shop of 1,200 shoppers, one seed. Takes about an hour on one CPU core. A stopped run continues where it was. Run it from the
# project's folder:
#   RDREC_HOME=build/ablation sh precomputed/make-ablation.sh
set -eu
: "${RDREC_HOME:?set it to an empty folder, for example build/ablation}"
export RDREC_HOME
rdrec() { ${PYTHON:-.venv/bin/python} -m rdrec "$@"; }
have() { test -f "$RDREC_HOME/$1/manifest.json"; }

have data/small || rdrec data make --name small --users 1200 --seed 0
models=
run() { # NAME OPTIONS
    name=$1
    shift
    have "students/small/$name" || rdrec train --data small --teacher answer-key --seed 0 --run "$name" --device cpu "$@"
    models=${models:+$models,}$name
}
run rdrec
run baseline --variant baseline
run start-only --variant start-only
run tasks-only --variant tasks-only # no axes of rationales
run all-at-once --text-share 0      # no epochs of sentences alone
run start-random --start random     # no axes at all
run match-low --match 0.03     # rationales count least in the ranking
run claims-all --claims all         # the teacher's own words
run shared-digits --id-digits 2 --start random
run ids-fixed --id-rate 0
run ids-at-full-rate --id-rate 1
run few-text-rows --text-rows 8
run constant-rate --schedule constant --warm-up 0
have evaluations/small/ablation ||
    rdrec evaluate --data small --seed 0 --models "$models" --rivals ease,neighbours:answer-key --ridge 20 --name ablation --device cpu
