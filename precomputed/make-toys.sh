#!/bin/sh
# Makes precomputed/toys anew, from nothing: the invented shop, two teachers, three ways of training with three seeds
# each, students of the keywords teacher, rivals, the page's tables.
# Needs three hours on one CPU core (fp32; bf16 pays only where the processor multiplies it); a killed run goes on where it was.  Usage, from the project's folder:
#   RDREC_HOME=build/toys sh precomputed/make-toys.sh
set -eu
: "${RDREC_HOME:?set it to an empty folder, for example build/toys}"
export RDREC_HOME
rdrec() { ${PYTHON:-.venv/bin/python} -m rdrec "$@"; }
have() { test -f "$RDREC_HOME/$1/manifest.json"; }

have data/toys || rdrec data make --name toys --users 3600 --seed 0
rdrec distill --data toys --teacher keywords

run() { # VARIANT TEACHER SEED
    name=$1-$2-s$3
    have "students/toys/$name" || rdrec train --data toys --variant "$1" --teacher "$2" --seed "$3" --run "$name" $TRAINING
    have "students/toys/$name-nf4" || rdrec quantize --data toys --run "$name"
}
TRAINING="--shape nano --start purchases --epochs 6 --patience 100 --batch-rows 128 --topn-rows 4 --text-rows 8 --learning-rate 1e-3 --warm-up 100 --schedule cosine --dropout 0.2 --hide-user 0.5 --sequential-weight 20 --average 0.99 --watch ndcg --device cpu"
for seed in 0 1 2; do
    run rdrec reference $seed
    run scrambled reference $seed
    run baseline reference $seed # the teacher's name alone: a baseline sees no rationale
    run rdrec keywords $seed
    have "rivals/toys/sasrec-s$seed" || rdrec rival --data toys --seed $seed
    models=rdrec-reference-s$seed-nf4,scrambled-reference-s$seed-nf4,baseline-reference-s$seed-nf4,rdrec-keywords-s$seed-nf4
    rdrec evaluate --data toys --seed $seed --models "$models" --rivals "sasrec-s$seed,ease" --ridge 20 --name clean-s$seed --device cpu
done
rdrec evaluate --data toys --gather 0,1,2
rdrec precompute --data toys --teacher reference --beside keywords --rdrec rdrec-reference-s0-nf4 --baseline baseline-reference-s0-nf4 \
    --scrambled scrambled-reference-s0-nf4 --ship rdrec-keywords-s0-nf4,scrambled-reference-s0-nf4
rm -rf precomputed/toys
cp -r "$RDREC_HOME/precomputed/toys" precomputed/toys
