#!/bin/sh
# Makes precomputed/toys anew, from nothing: the invented shop, two teachers, five ways of training with three seeds each, students of
# the offline teacher, rivals, the page's tables.  A killed run goes on where it was.
# Needs about five hours on one CPU core of its own.  Usage, from the project's folder:
#   RDREC_HOME=build/toys sh precomputed/make-toys.sh
set -eu
: "${RDREC_HOME:?set it to an empty folder, for example build/toys}"
export RDREC_HOME
rdrec() { ${PYTHON:-.venv/bin/python} -m rdrec "$@"; }
have() { test -f "$RDREC_HOME/$1/manifest.json"; }

have data/toys || rdrec data make --name toys --users 3600 --seed 0
rdrec distill --data toys --teacher offline

run() { # VARIANT TEACHER SEED
    name=$1-$2-s$3
    have "students/toys/$name" || rdrec train --data toys --variant "$1" --teacher "$2" --seed "$3" --run "$name" --device cpu
    have "students/toys/$name-nf4" || rdrec quantize --data toys --run "$name"
}
for seed in 0 1 2; do
    models=
    for variant in rdrec scrambled start-only tasks-only baseline; do
        run $variant reference $seed # of the baseline the teacher's name alone: it sees no rationale
        models=$models$variant-reference-s$seed-nf4,
    done
    run rdrec offline $seed
    models=${models}rdrec-offline-s$seed-nf4
    have "rivals/toys/sasrec-s$seed" || rdrec rival --data toys --seed $seed
    rdrec evaluate --data toys --seed $seed --models "$models" --rivals "sasrec-s$seed,ease" --ridge 20 --name clean-s$seed --device cpu
done
rdrec evaluate --data toys --gather 0,1,2
rdrec precompute --data toys --teacher reference --beside offline --rdrec rdrec-reference-s0-nf4 --baseline baseline-reference-s0-nf4 \
    --scrambled scrambled-reference-s0-nf4 --ship rdrec-offline-s0-nf4,scrambled-reference-s0-nf4
rm -rf precomputed/toys
cp -r "$RDREC_HOME/precomputed/toys" precomputed/toys
