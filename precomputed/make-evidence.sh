#!/bin/sh
# Makes precomputed/evidence again from real data that you have: scores of students, rivals and rules on Amazon Beauty and Toys (released
# folders: sequential.txt, datamaps.json) and on Amazon Musical Instruments (reviews of the 2014 file), and on an invented shop. Stores
# measurements, but no purchases or reviews. Takes about a day on one CPU core. A stopped run continues where it was. Seeds whose
# evaluations are in docs/evaluations are not trained again; remove them there to train them. Run it from the project's folder:
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
    rdrec evaluate --data "$data" --protocol published --seed 0 --models digits-published-s0 --rivals ease --name published-s0 --device cpu
    rdrec evaluate --data "$data" --protocol shuffled --seed 0 --models digits-shuffled-s0,digits-clustered-s0,own-token-s0 --rivals sasrec-s0,ease --name shuffled-s0 --device cpu
done
PYTHONPATH=. ${PYTHON:-.venv/bin/python} precomputed/compare-numbers.py

# One set with the rationales of a language model: five training variants on the model's words, the student on the words of the rules
# `keywords` and, in an invented shop, three on the answer key, two of them without one kind of rationale; SASRec, EASE, rationale neighbours
SEEDS=${SEEDS:-0 1 2 3 4}
ANSWERS=sha256:cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046 # the model whose stored answers (precomputed/answers) are used
compare() { # DATA PROTOCOL SEED
    data=$1 protocol=$2 seed=$3 models=
    kept=docs/evaluations/$data/$protocol-s$seed # scores of students that are not at hand any more
    if test -d "$kept" && ! have "evaluations/$data/$protocol-s$seed"; then
        mkdir -p "$RDREC_HOME/evaluations/$data" "$RDREC_HOME/students/$data"
        cp -r docs/evaluations/students/"$data"/*-"$protocol-s$seed" "$RDREC_HOME/students/$data/" # their cards and curves alone
        cp -r "$kept" "$RDREC_HOME/evaluations/$data/"
        return
    fi
    trained() { # NAME TEACHER OPTIONS
        name=$1-$protocol-s$seed teacher=$2
        shift 2
        have "students/$data/$name" || rdrec train --data "$data" --teacher "$teacher" --protocol "$protocol" --seed "$seed" --run "$name" --device cpu "$@"
        models=${models:+$models,}$name
    }
    for variant in rdrec baseline scrambled start-only tasks-only; do trained $variant qwen-1-5b --variant $variant; done
    trained rdrec-keywords keywords
    neighbours=neighbours:qwen-1-5b,neighbours:keywords
    if test -d "$RDREC_HOME/rationales/$data/answer-key"; then
        neighbours=$neighbours,neighbours:answer-key
        trained rdrec-answer-key answer-key
        trained no-preferences answer-key --ablate user_preference # the paper's ablations
        trained no-attributes answer-key --ablate item_attribution
    fi
    have "rivals/$data/sasrec-$protocol-s$seed" || rdrec rival --data "$data" --protocol "$protocol" --seed "$seed" --run "sasrec-$protocol-s$seed"
    have "evaluations/$data/$protocol-s$seed" ||
        rdrec evaluate --data "$data" --protocol "$protocol" --seed "$seed" --models "$models" --rivals "sasrec-$protocol-s$seed,ease,$neighbours" --name "$protocol-s$seed" --device cpu
}
distilled() { # DATA
    have "rationales/$1/keywords" || rdrec distill --data "$1" --teacher keywords
    have "rationales/$1/qwen-1-5b" || rdrec distill --data "$1" --teacher llama --prompt lists-1 --name qwen-1-5b --model $ANSWERS
}
gathered() { # DATA PROTOCOL
    case $SEEDS in *" "*) rdrec evaluate --data "$1" --protocol "$2" --gather "$(echo $SEEDS | tr ' ' ,)" ;; esac
}

# The invented shop with 1,850 shoppers, all of whose reviews the language model has read
have data/toys-1850 || rdrec data make --name toys-1850 --users 1850 --seed 0
distilled toys-1850
for seed in $SEEDS; do compare toys-1850 clean "$seed"; done
gathered toys-1850 clean

# Musical Instruments, all of it
have data/guitars || rdrec data import "$reviews" --name guitars
distilled guitars
for protocol in clean temporal; do
    for seed in $SEEDS; do compare guitars $protocol "$seed"; done
    gathered guitars $protocol
done
rdrec collect --data beauty,toys-real,toys-1850,guitars --to precomputed/evidence
rdrec report
