#!/bin/sh
# Makes precomputed/evidence again from real data that you have: scores of students, rivals and rules on Amazon Beauty and Toys (released
# folders: sequential.txt, datamaps.json) and on Amazon Musical Instruments (reviews of the 2014 file). Stores measurements, but no purchases
# or reviews. Takes about eighteen hours on one CPU core. A stopped run continues where it was. Run it from the project's folder:
#   RDREC_HOME=build/evidence sh precomputed/make-evidence.sh FOLDER/beauty FOLDER/toys FOLDER/reviews.json.gz
set -eu
: "${RDREC_HOME:?set it to an empty folder, for example build/evidence}"
export RDREC_HOME
beauty=${1:?where the released Beauty folder is} toys=${2:?where the released Toys folder is} reviews=${3:?where the reviews are}
rdrec() { ${PYTHON:-.venv/bin/python} -m rdrec "$@"; }
have() { test -f "$RDREC_HOME/$1/manifest.json"; }

# Beauty and Toys: the same student with released item numbers (the ID leak), shuffled and learned ones, and with one token for each item
have data/beauty || rdrec data import "$beauty" --name beauty
have data/toys-real || rdrec data import "$toys" --name toys-real
NUMBERS="--id-digits 3 --start random --epochs 16 --device cpu"
OWN="--device cpu" # one token for each user and item, initialised from purchases
student() { # NAME OPTIONS
    name=$1
    shift
    have "students/$data/$name" || rdrec train --data "$data" --variant baseline --seed 0 --run "$name" "$@"
}
for data in beauty toys-real; do
    student digits-published-s0 --protocol published $NUMBERS
    student digits-shuffled-s0 --protocol shuffled $NUMBERS
    student digits-clustered-s0 --protocol shuffled --ids clustered $NUMBERS
    student own-token-s0 --protocol shuffled $OWN
    have "rivals/$data/sasrec-s0" || rdrec rival --data "$data" --seed 0 --patience 3
    rdrec evaluate --data "$data" --protocol published --seed 0 --models digits-published-s0 --rivals ease --ridge 100 --name published-s0 --device cpu
    rdrec evaluate --data "$data" --protocol shuffled --seed 0 --models digits-shuffled-s0,digits-clustered-s0,own-token-s0 --rivals sasrec-s0,ease --ridge 100 --name shuffled-s0 --device cpu
done
PYTHONPATH=. ${PYTHON:-.venv/bin/python} precomputed/compare-numbers.py

# Musical Instruments: all tasks, the rationales of a language model (its stored answers, precomputed/answers) and of the rules `keywords`;
# five training variants, the paper's two ablations, and the student with rationales of `keywords`
SEEDS=${SEEDS:-0 1 2 3 4}
have data/guitars || rdrec data import "$reviews" --name guitars
have rationales/guitars/keywords || rdrec distill --data guitars --teacher keywords
have rationales/guitars/qwen-1-5b ||
    rdrec distill --data guitars --teacher llama --prompt lists-1 --name qwen-1-5b --model sha256:cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046
for protocol in clean temporal; do
    for seed in $SEEDS; do
        models=
        way() { # NAME TEACHER OPTIONS
            name=$1-$protocol-s$seed teacher=$2
            shift 2
            have "students/guitars/$name" || rdrec train --data guitars --teacher "$teacher" --protocol "$protocol" --seed "$seed" --run "$name" --device cpu "$@"
            models=${models:+$models,}$name
        }
        way rdrec qwen-1-5b
        way baseline qwen-1-5b --variant baseline
        way scrambled qwen-1-5b --variant scrambled
        way start-only qwen-1-5b --variant start-only
        way tasks-only qwen-1-5b --variant tasks-only
        way rdrec-keywords keywords
        have "rivals/guitars/sasrec-$protocol-s$seed" || rdrec rival --data guitars --protocol "$protocol" --seed "$seed" --run "sasrec-$protocol-s$seed"
        have "evaluations/guitars/$protocol-s$seed" ||
            rdrec evaluate --data guitars --protocol "$protocol" --seed "$seed" --models "$models" --rivals "sasrec-$protocol-s$seed,ease,neighbours:qwen-1-5b" --ridge 20 --name "$protocol-s$seed" --device cpu
    done
    case $SEEDS in *" "*) rdrec evaluate --data guitars --protocol "$protocol" --gather "$(echo $SEEDS | tr ' ' ,)" ;; esac
done
rdrec collect --data beauty,toys-real,guitars --to precomputed/evidence
rdrec report
