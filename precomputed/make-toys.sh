#!/bin/sh
# Makes precomputed/toys again from scratch: the invented shop, three teachers, five training variants with three seeds
# each, a student with clustered IDs, rivals, and the page's tables. A stopped run continues where it was.
# Takes about four hours on one CPU core. Run it from the project's folder:
#   RDREC_HOME=build/toys sh precomputed/make-toys.sh
# One seed alone gives no evidence over several training runs. Seeds whose evaluations are in
# docs/evaluations are not trained again, except seed 0, whose students are shipped.
set -eu
: "${RDREC_HOME:?set it to an empty folder, for example build/toys}"
export RDREC_HOME
SEEDS=${SEEDS:-0 1 2}
rdrec() { ${PYTHON:-.venv/bin/python} -m rdrec "$@"; }
have() { test -f "$RDREC_HOME/$1/manifest.json"; }

have data/toys || rdrec data make --name toys --users 3600 --seed 0
rdrec distill --data toys --teacher keywords
# Uses the language model's stored answers (precomputed/answers) about reviews of users 1 to 1,854 and the featured ones, made with an earlier order of the prompt's examples.
rdrec distill --data toys --teacher llama --prompt lists-1 --name qwen-1-5b --model sha256:cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046

run() { # VARIANT TEACHER SEED
    name=$1-$2-s$3
    have "students/toys/$name" || rdrec train --data toys --variant "$1" --teacher "$2" --seed "$3" --run "$name" --device cpu
    have "students/toys/$name-nf4" || rdrec quantize --data toys --run "$name"
}
for seed in $SEEDS; do
    kept=docs/evaluations/toys/clean-s$seed # scores of students that were trained on another machine
    if test -d "$kept" && ! have evaluations/toys/clean-s$seed; then
        mkdir -p "$RDREC_HOME/evaluations/toys" "$RDREC_HOME/students/toys"
        cp -r docs/evaluations/students/toys/*-s$seed-nf4 "$RDREC_HOME/students/toys/" # their cards alone, which --gather compares
        cp -r "$kept" "$RDREC_HOME/evaluations/toys/"
        continue
    fi
    models=
    for variant in rdrec baseline scrambled start-only tasks-only; do
        run $variant answer-key $seed # a baseline gets only the teacher's name and sees no rationale
        models=$models${models:+,}$variant-answer-key-s$seed-nf4
    done
    have "rivals/toys/sasrec-s$seed" || rdrec rival --data toys --seed $seed
    rdrec evaluate --data toys --seed $seed --models "$models" --rivals "sasrec-s$seed,ease,neighbours:answer-key" --name clean-s$seed --device cpu
done
# Shipped to show a beam search on IDs of several tokens: learned numbers, one token for each digit.
have students/toys/rdrec-clustered-s0 || rdrec train --data toys --variant rdrec --teacher answer-key --ids clustered --id-digits 1 --start random --epochs 4 --seed 0 --run rdrec-clustered-s0 --device cpu
have students/toys/rdrec-clustered-s0-nf4 || rdrec quantize --data toys --run rdrec-clustered-s0
case $SEEDS in *" "*) rdrec evaluate --data toys --gather "$(echo $SEEDS | tr ' ' ,)" ;; esac
rdrec precompute --data toys --teacher answer-key --first qwen-1-5b --beside keywords --rdrec rdrec-answer-key-s0-nf4 --baseline baseline-answer-key-s0-nf4 \
    --scrambled scrambled-answer-key-s0-nf4 --ship rdrec-clustered-s0-nf4 --precisions
rm -rf precomputed/toys
cp -r "$RDREC_HOME/precomputed/toys" precomputed/toys
rdrec report
