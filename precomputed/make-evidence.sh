#!/bin/sh
# Makes precomputed/evidence again from real data that you have: scores of students, rivals and rules on Amazon Beauty and Toys (released
# folders: sequential.txt, datamaps.json) and on Amazon Musical Instruments (reviews of the 2014 file). Stores measurements, but no purchases
# or reviews. Takes about seven hours on one CPU core. A stopped run continues where it was. Run it from the project's folder:
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

# Musical Instruments: all tasks, seven training variants, five seeds
have data/guitars || rdrec data import "$reviews" --name guitars
rdrec distill --data guitars --teacher keywords
TEXTS="--device cpu"
for protocol in clean published; do
    for seed in 0 1 2 3 4; do
        models=
        way() { # NAME OPTIONS
            name=$1-$protocol-s$seed
            shift
            have "students/guitars/$name" || rdrec train --data guitars --teacher keywords --protocol "$protocol" --seed "$seed" --run "$name" "$@" $TEXTS
            models=${models:+$models,}$name
        }
        way rdrec --variant rdrec
        way baseline --variant baseline
        way scrambled --variant scrambled
        way start-only --variant start-only
        way tasks-only --variant tasks-only
        way no-preference --variant rdrec --ablate user_preference
        way no-attribution --variant rdrec --ablate item_attribution
        have "rivals/guitars/sasrec-s$seed" || rdrec rival --data guitars --seed "$seed"
        rdrec evaluate --data guitars --protocol "$protocol" --seed "$seed" --models "$models" --rivals "sasrec-s$seed,ease" --ridge 20 --name "$protocol-s$seed" --device cpu
    done
    rdrec evaluate --data guitars --protocol "$protocol" --gather 0,1,2,3,4
done
rdrec collect --data beauty,toys-real,guitars --to precomputed/evidence
rdrec report
