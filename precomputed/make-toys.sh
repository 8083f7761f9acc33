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
# Of the language model the kept answers (precomputed/answers); it has read the first 1,854 shoppers.
rdrec distill --data toys --teacher llama --name qwen-1-5b --model sha256:cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046

run() { # VARIANT TEACHER SEED
    name=$1-$2-s$3
    have "students/toys/$name" || rdrec train --data toys --variant "$1" --teacher "$2" --seed "$3" --run "$name" --device cpu
    have "students/toys/$name-nf4" || rdrec quantize --data toys --run "$name"
}
for seed in 0 1 2; do
<<<<<<< HEAD
    run rdrec answer-key $seed
    run scrambled answer-key $seed
    run baseline answer-key $seed # the teacher's name alone: a baseline sees no rationale
=======
    models=
    for variant in rdrec scrambled start-only tasks-only baseline; do
        run $variant reference $seed # of the baseline the teacher's name alone: it sees no rationale
        models=$models$variant-reference-s$seed-nf4,
    done
>>>>>>> wip-recipe
    run rdrec offline $seed
    models=${models}rdrec-offline-s$seed-nf4
    have "rivals/toys/sasrec-s$seed" || rdrec rival --data toys --seed $seed
<<<<<<< HEAD
    models=rdrec-answer-key-s$seed-nf4,scrambled-answer-key-s$seed-nf4,baseline-answer-key-s$seed-nf4,rdrec-offline-s$seed-nf4
=======
>>>>>>> wip-recipe
    rdrec evaluate --data toys --seed $seed --models "$models" --rivals "sasrec-s$seed,ease" --ridge 20 --name clean-s$seed --device cpu
done
rdrec evaluate --data toys --gather 0,1,2
rdrec precompute --data toys --teacher answer-key --first qwen-1-5b --beside offline --rdrec rdrec-answer-key-s0-nf4 --baseline baseline-answer-key-s0-nf4 \
    --scrambled scrambled-answer-key-s0-nf4 --ship rdrec-offline-s0-nf4,scrambled-answer-key-s0-nf4
rm -rf precomputed/toys
cp -r "$RDREC_HOME/precomputed/toys" precomputed/toys
