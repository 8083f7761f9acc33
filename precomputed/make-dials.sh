#!/bin/sh
# When would rationales help? Trains three students (rdrec, baseline, scrambled) on invented shops of 1,200 shoppers that differ
# in how strongly standing motives drive purchases, how often reviews name them, and how many purchases a shopper makes.
# Takes about five hours on one CPU core. A stopped run continues where it was. Seeds whose
# evaluations are in docs/evaluations/dials are not trained again; remove them there to train them. Run it from the project's folder:
#   RDREC_HOME=build/dials sh precomputed/make-dials.sh
set -eu
: "${RDREC_HOME:?set it to an empty folder, for example build/dials}"
export RDREC_HOME
rdrec() { ${PYTHON:-.venv/bin/python} -m rdrec "$@"; }
have() { test -f "$RDREC_HOME/$1/manifest.json"; }

shop() { # DRIVE NAMES PURCHASES SEED
    data=$(echo "shop-d$1-n$2-p$3" | tr . _) # a name has no dots
    have "data/$data" || rdrec data make --name "$data" --users 1200 --seed 0 --drive "$1" --names "$2" --purchases "$3"
    models=
    kept=docs/evaluations/dials # scores of students that are not at hand any more
    if test -d "$kept/$data/clean-s$4" && ! have "evaluations/$data/clean-s$4"; then
        mkdir -p "$RDREC_HOME/evaluations/$data" "$RDREC_HOME/students/$data"
        cp -r "$kept/students/$data"/*-s"$4" "$RDREC_HOME/students/$data/" # their cards and curves alone
        cp -r "$kept/$data/clean-s$4" "$RDREC_HOME/evaluations/$data/"
        return
    fi
    for variant in rdrec baseline scrambled; do
        run=$variant-s$4
        have "students/$data/$run" || rdrec train --data "$data" --variant $variant --teacher answer-key --seed "$4" --run "$run" --device cpu
        models=${models:+$models,}$run
    done
    have "evaluations/$data/clean-s$4" ||
        rdrec evaluate --data "$data" --seed "$4" --models "$models" --rivals ease,neighbours:answer-key --name "clean-s$4" --device cpu
}
# The grid, one seed: how much reviews reveal, when motives drive purchases as usual, more strongly, or not at all
for drive in 2.5 4 0; do
    for names in 0 .7 .35; do shop $drive $names 9 0; done
done
# Two more settings of how much reviews reveal, for the page's dial
for names in 1 .15; do shop 2.5 $names 9 0; done
# Few and many purchases
for purchases in 6 12; do shop 2.5 .7 $purchases 0; done
# The corners of the grid, two more seeds
for seed in 1 2; do
    for drive in 0 4; do
        for names in 0 .7; do shop $drive $names 9 $seed; done
    done
done
rdrec collect --dials --to precomputed/dials
rdrec report
