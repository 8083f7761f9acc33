#!/bin/sh
# Two questions, on an invented shop of 1,200 shoppers with one seed. Does learning rationales help students whose ranking it can change?
# (They start from random weights and train all of them on all tasks, as in the paper, or train the vectors of users and items at the full
# rate.) What does each part of our recipe contribute? (One is left out at a time.) Takes about four hours on one CPU core. A stopped run
# continues where it was. Run it from the project's folder:
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
evaluated() { # NAME MODELS
    have "evaluations/small/$1" ||
        rdrec evaluate --data small --seed 0 --models "$2" --rivals ease,neighbours:answer-key --name "$1" --device cpu
}
run start-random --start random
run start-random-baseline --start random --variant baseline
run start-random-scrambled --start random --variant scrambled
run ids-free-tasks-only --variant tasks-only --id-rate 1 --text-share 0
run ids-free-baseline --variant baseline --id-rate 1 --text-share 0
evaluated tasks "$models"

models=start-random
run rdrec
run baseline --variant baseline
run start-only --variant start-only
run tasks-only --variant tasks-only # no axes of rationales
run all-at-once --text-share 0      # no epochs of sentences alone
run match-low --match 0.03     # rationales count least in the ranking
run claims-all --claims all         # the teacher's own words
run shared-digits --id-digits 2 --start random
run ids-fixed --id-rate 0
run ids-at-full-rate --id-rate 1
run few-text-rows --text-rows 8
run constant-rate --schedule constant --warm-up 0
evaluated ablation "$models"
